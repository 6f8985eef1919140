/// The type and shape of a tensor that lies in a file.
public struct TensorEntry: Sendable, Equatable {
    public let type: ElementType
    public let shape: [Int]

    public init(type: ElementType, shape: [Int]) { (self.type, self.shape) = (type, shape) }
}

/// A file that holds tensors by name: a checkpoint.
///
/// Opening reads and checks the table of contents only; the numbers are read one tensor at a time, straight to where
/// they are wanted.
public protocol TensorFile: Sendable {
    /// What the file holds.
    var entries: [String: TensorEntry] { get }

    /// Copies one tensor out, the last axis varying fastest.
    ///
    /// - Precondition: `name` is in ``entries`` and `destination` has exactly the tensor's size in bytes.
    func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError)
}
