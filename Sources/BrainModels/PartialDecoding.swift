extension KeyedDecodingContainer {
    /// The value of a key, or the standard one where it is left out.
    func value<Value: Decodable>(_ key: Key, or standard: Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? standard
    }
}
