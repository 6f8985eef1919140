import Foundation

/// Where the samples of a recording come from.
protocol SampleSource: Sendable {
    /// Samples of a row.
    func count(of row: Int) -> Int
    /// Fills a buffer with the samples from `start` on.
    ///
    /// - Precondition: the row has so many.
    func read(_ row: Int, from start: Int, into target: UnsafeMutableBufferPointer<Double>)
}

/// Samples that are in memory already.
struct HeldSamples: SampleSource {
    private let rows: [[Double]]

    init(_ rows: [[Double]]) { self.rows = rows }

    func count(of row: Int) -> Int { rows[row].count }

    func read(_ row: Int, from start: Int, into target: UnsafeMutableBufferPointer<Double>) {
        _ = target.update(fromContentsOf: rows[row][start..<start + target.count])
    }
}

/// How a file stores a sample.
enum StoredNumber: Sendable {
    case int8, uint8, int16, uint16, int24, uint24, int32, uint32, int64, uint64, float32, float64

    var bytes: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .int24, .uint24: 3
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }
}

/// Samples that lie in a mapped file in records of fixed length, or interleaved, or one row after the other.
struct StoredSamples: SampleSource {
    /// Where the samples of a row are.
    struct Row: Sendable {
        var number: StoredNumber
        /// The first sample's place in the file.
        var start: Int
        /// Samples of the row in a record; all of them where there are no records.
        var perRecord: Int
        /// Bytes from one sample to the next inside a record.
        var sampleStride: Int
        /// Bytes from one record to the next.
        var recordStride = 0
        var count: Int
        var gain = 1.0
        var offset = 0.0
    }

    private let bytes: Data
    private let order: ByteOrder
    private let rows: [Row]

    /// - Throws: ``SignalError/truncated(path:expected:found:)`` where a row reaches past the end of the file.
    init(_ bytes: Data, order: ByteOrder, rows: [Row], path: String) throws(SignalError) {
        for row in rows where row.count > 0 {
            guard let end = row.end, end <= bytes.count else {
                throw .truncated(path: path, expected: row.end ?? .max, found: bytes.count)
            }
        }
        (self.bytes, self.order, self.rows) = (bytes, order, rows)
    }

    func count(of row: Int) -> Int { rows[row].count }

    func read(_ row: Int, from start: Int, into target: UnsafeMutableBufferPointer<Double>) {
        guard let out = target.baseAddress, target.count > 0 else { return }
        let place = rows[row]
        precondition(start >= 0 && start + target.count <= place.count, "samples \(start)… of \(place.count)")
        bytes.withUnsafeBytes { file in
            var (done, record, inside) = (0, start / place.perRecord, start % place.perRecord)
            while done < target.count {
                let length = min(place.perRecord - inside, target.count - done)
                let first = place.start + record * place.recordStride + inside * place.sampleStride
                if let from = file.baseAddress?.advanced(by: first) {
                    Self.decode(place, swaps: order != .native, from, out + done, length)
                }
                (done, record, inside) = (done + length, record + 1, 0)
            }
        }
    }
}

extension StoredSamples.Row {
    /// The first byte behind the last sample, or nil where no integer holds it.
    var end: Int? {
        guard count > 0, perRecord > 0, start >= 0, sampleStride > 0, recordStride >= 0 else { return nil }
        let last = (count - 1) / perRecord
        let inLast = last == 0 ? count - 1 : perRecord - 1
        let (records, a) = last.multipliedReportingOverflow(by: recordStride)
        let (samples, b) = inLast.multipliedReportingOverflow(by: sampleStride)
        let (sum, c) = records.addingReportingOverflow(samples)
        let (end, d) = sum.addingReportingOverflow(number.bytes)
        let (whole, e) = end.addingReportingOverflow(start)
        return a || b || c || d || e ? nil : whole
    }
}

extension StoredSamples {
    private static func decode(
        _ row: Row, swaps: Bool, _ from: UnsafeRawPointer, _ out: UnsafeMutablePointer<Double>, _ count: Int
    ) {
        switch row.number {
        case .int8: integers(Int8.self, row, swaps, from, out, count)
        case .uint8: integers(UInt8.self, row, swaps, from, out, count)
        case .int16: integers(Int16.self, row, swaps, from, out, count)
        case .uint16: integers(UInt16.self, row, swaps, from, out, count)
        case .int24: triples(row, swaps, signed: true, from, out, count)
        case .uint24: triples(row, swaps, signed: false, from, out, count)
        case .int32: integers(Int32.self, row, swaps, from, out, count)
        case .uint32: integers(UInt32.self, row, swaps, from, out, count)
        case .int64: integers(Int64.self, row, swaps, from, out, count)
        case .uint64: integers(UInt64.self, row, swaps, from, out, count)
        case .float32:
            for n in 0..<count {
                let bits = from.loadUnaligned(fromByteOffset: n &* row.sampleStride, as: UInt32.self)
                out[n] = Double(Float(bitPattern: swaps ? bits.byteSwapped : bits)) * row.gain + row.offset
            }
        case .float64:
            for n in 0..<count {
                let bits = from.loadUnaligned(fromByteOffset: n &* row.sampleStride, as: UInt64.self)
                out[n] = Double(bitPattern: swaps ? bits.byteSwapped : bits) * row.gain + row.offset
            }
        }
    }

    @inline(__always)
    private static func integers<Stored: FixedWidthInteger & BitwiseCopyable>(
        _: Stored.Type, _ row: Row, _ swaps: Bool, _ from: UnsafeRawPointer, _ out: UnsafeMutablePointer<Double>,
        _ count: Int
    ) {
        let (stride, gain, offset) = (row.sampleStride, row.gain, row.offset)
        for n in 0..<count {
            let stored = from.loadUnaligned(fromByteOffset: n &* stride, as: Stored.self)
            out[n] = Double(swaps ? stored.byteSwapped : stored) * gain + offset
        }
    }

    private static func triples(
        _ row: Row, _ swaps: Bool, signed: Bool, _ from: UnsafeRawPointer, _ out: UnsafeMutablePointer<Double>,
        _ count: Int
    ) {
        let (low, high) = (swaps == (ByteOrder.native == .little)) ? (2, 0) : (0, 2)
        for n in 0..<count {
            let sample = from + n &* row.sampleStride
            let bits =
                UInt32(sample.load(fromByteOffset: low, as: UInt8.self))
                | UInt32(sample.load(fromByteOffset: 1, as: UInt8.self)) << 8
                | UInt32(sample.load(fromByteOffset: high, as: UInt8.self)) << 16
            let value = signed ? Int32(bitPattern: bits << 8) >> 8 : Int32(bitPattern: bits)
            out[n] = Double(value) * row.gain + row.offset
        }
    }
}
