public import BrainData
public import NeuralNet

extension Signal {
    /// The rows of a `.npy` array `[channel, time]`, channels named by number.
    ///
    /// - Parameter rate: samples a second, in hertz; the format does not tell.
    /// - Throws: ``SignalError/mismatch(_:)`` for another number of axes.
    public init(_ array: NumPyArray, rate: Double) throws(SignalError) {
        let shape = array.entry.shape
        guard shape.count == 2 else {
            throw .mismatch("a signal is an array of channels by samples, and this one has the shape \(shape)")
        }
        let channels = (0..<shape[0]).map { Channel(name: "\($0 + 1)", unit: "", rate: rate) }
        self.init(channels: channels, rate: rate, count: shape[1], values: try array.doubles())
    }
}

extension Epochs {
    /// The trials of a `.npy` array `[trial, channel, time]`, channels named by number.
    ///
    /// - Parameters:
    ///   - labels: one a trial.
    ///   - rate: samples a second, in hertz; the format does not tell.
    /// - Throws: ``SignalError/mismatch(_:)`` for another number of axes or of labels.
    public init(_ array: NumPyArray, labels: [String], rate: Double) throws(SignalError) {
        let shape = array.entry.shape
        guard shape.count == 3, shape[0] == labels.count else {
            throw .mismatch(
                "\(labels.count) labels need an array of as many trials by channels by samples, and this one has the shape "
                    + "\(shape)")
        }
        let channels = (0..<shape[1]).map { Channel(name: "\($0 + 1)", unit: "", rate: rate) }
        self.init(
            channels: channels, rate: rate, start: 0, count: shape[2], labels: labels, values: try array.doubles())
    }
}

extension NumPyArray {
    /// The numbers in double precision.
    public func doubles() throws(SignalError) -> [Double] {
        switch entry.type {
        case .float64: return numbers(UInt64.self) { Double(bitPattern: $0) }
        case .float32: return numbers(UInt32.self) { Double(Float(bitPattern: $0)) }
        case .int64: return numbers(Int64.self) { Double($0) }
        case .int32: return numbers(Int32.self) { Double($0) }
        case .int16: return numbers(Int16.self) { Double($0) }
        case .int8: return numbers(Int8.self) { Double($0) }
        case .uint8: return numbers(UInt8.self) { Double($0) }
        default: throw .mismatch("samples of the type \(entry.type) are not read; save them as float32 or float64")
        }
    }

    private func numbers<Stored: FixedWidthInteger & BitwiseCopyable>(
        _: Stored.Type, _ value: (Stored) -> Double
    ) -> [Double] {
        bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / MemoryLayout<Stored>.size).map {
                value(
                    Stored(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: $0 * MemoryLayout<Stored>.size, as: Stored.self)))
            }
        }
    }
}
