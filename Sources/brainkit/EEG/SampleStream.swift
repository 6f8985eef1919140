import Foundation

/// Samples as they arrive.
struct SampleStream {
    enum Format: String { case text, float32 }

    private let handle: Int32
    private let name: String
    private let format: Format
    private let channels: Int
    /// Seconds to wait for a file to grow; nil for standard input, whose end is the end.
    private let idle: Double?
    private var rest: [UInt8] = []
    private var lines = 0
    private var isOver = false
    /// A line of text longer than this is none.
    private static let longest = 1 << 20

    init(_ file: URL?, _ format: Format, channels: Int, idle: Double) throws {
        (self.format, self.channels) = (format, channels)
        if let file {
            handle = open(file.path, O_RDONLY | O_CLOEXEC)
            guard handle >= 0 else {
                throw Failure(.missing, "expected a file at \(file.path), found none that can be read")
            }
            (name, self.idle) = (file.path, idle)
        } else {
            (handle, name, self.idle) = (0, "standard input", nil)
        }
    }

    /// The samples that came since the last call, one row a channel; waits for some. Nil at the end.
    mutating func next() throws -> [[Double]]? {
        while !isOver {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = try fill(&buffer)
            if count == 0 { isOver = true } else { rest += buffer[0..<count] }
            let rows = try format == .text ? parsedText() : parsedNumbers()
            if !(rows.first ?? []).isEmpty { return rows }
        }
        return nil
    }

    private func fill(_ buffer: inout [UInt8]) throws -> Int {
        let start = ContinuousClock.now
        while true {
            let count = read(handle, &buffer, buffer.count)
            if count > 0 { return count }
            if count < 0, errno != EINTR {
                throw Failure(.badData, "cannot read \(name): \(String(cString: strerror(errno)))")
            }
            if count == 0 {
                guard let idle, (ContinuousClock.now - start) / .seconds(1) < idle else { return 0 }
                usleep(2000)
            }
        }
    }

    private mutating func parsedNumbers() throws -> [[Double]] {
        let frame = 4 * channels, count = rest.count / frame
        var rows = [[Double]](repeating: [], count: channels)
        rest.withUnsafeBytes { bytes in
            for n in 0..<count * channels {
                let bits = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * n, as: UInt32.self))
                rows[n % channels].append(Double(Float(bitPattern: bits)))
            }
        }
        guard rows.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw Failure(
                .badData,
                "\(name) holds values that are no numbers: is it float32, little-endian, of \(channels) channels?")
        }
        rest.removeFirst(count * frame)
        return rows
    }

    private mutating func parsedText() throws -> [[Double]] {
        var rows = [[Double]](repeating: [], count: channels)
        if isOver, !rest.isEmpty { rest.append(10) }
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: 10) {
            let text = String(decoding: rest[start..<end], as: UTF8.self)
            start = end + 1
            lines += 1
            let words = text.split { $0 == "," || $0 == ";" || $0.isWhitespace }
            if words.isEmpty { continue }
            let values = words.compactMap { Double($0) }.filter(\.isFinite)
            guard values.count == words.count, values.count == channels else {
                throw Failure(
                    .badData, "line \(lines) of \(name) should hold \(channels) numbers, found “\(text.prefix(60))”")
            }
            for (n, value) in values.enumerated() { rows[n].append(value) }
        }
        rest.removeFirst(start - rest.startIndex)
        guard rest.count <= Self.longest else { throw Failure(.badData, "line \(lines + 1) of \(name) does not end") }
        return rows
    }
}
