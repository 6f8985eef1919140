/// The checksum of event files: CRC-32C (Castagnoli), of the polynomial 0x1EDC6F41 with bits reflected.
///
/// RFC 3720, section 12.1 and appendix B.4, has the definition and test vectors.
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
    }

    /// Turned and shifted, as TensorFlow's record files keep it: a checksum of data that holds checksums is weak otherwise.
    static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let crc = checksum(bytes)
        return (crc >> 15 | crc << 17) &+ 0xa282_ead8
    }
}
