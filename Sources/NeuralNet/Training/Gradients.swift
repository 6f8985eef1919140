internal import CEngine

extension Tensor {
    /// A copy that gathers gradients, for the scopes of ``Engine`` that record them.
    public func parameter() throws(NetworkError) -> Tensor { try Tensor(engine_parameter(raw)) }

    /// Adds the gradient of this number to every parameter that it was computed from.
    public func backward() throws(NetworkError) {
        guard engine_backward(raw) == 0 else {
            throw .engine(operation: "backward", message: String(cString: engine_error()))
        }
    }

    /// What ``backward()`` gathered for this parameter; nil where nothing reached it.
    public func gradient() throws(NetworkError) -> Tensor? {
        guard let made = engine_gradient(raw) else {
            let message = String(cString: engine_error())
            guard message.isEmpty else { throw .engine(operation: "gradient", message: message) }
            return nil
        }
        return try Tensor(made, "gradient")
    }

    /// The same numbers without their history.
    public func detached() throws(NetworkError) -> Tensor { try Tensor(engine_detach(raw)) }
}
