public import Foundation

/// The SHA-256 of a file as 64 hexadecimal digits, the way `sha256sum` prints it: it says which weights made a result.
public func sha256(of file: URL) throws(NetworkError) -> String {
    let mapped = try MappedFile(file)
    var hash = SHA256()
    mapped.withBytes { hash.update($0) }
    return hash.finished()
}

/// The secure hash algorithm with 256 bits: NIST, *FIPS 180-4*, 2015, section 6.2.
struct SHA256 {
    private var state = SHA256.start
    private var pending: [UInt8] = []
    private var length: UInt64 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length += UInt64(bytes.count)
        var next = 0
        if !pending.isEmpty {
            next = min(64 - pending.count, bytes.count)
            pending.append(contentsOf: bytes[0..<next])
            guard pending.count == 64 else { return }
            pending.withUnsafeBytes { SHA256.mix($0, into: &state) }
            pending.removeAll(keepingCapacity: true)
        }
        while bytes.count - next >= 64 {
            SHA256.mix(UnsafeRawBufferPointer(rebasing: bytes[next..<next + 64]), into: &state)
            next += 64
        }
        pending.append(contentsOf: bytes[next...])
    }

    consuming func finished() -> String {
        var tail = pending + [0x80]
        tail += Array(repeating: 0, count: (120 - tail.count % 64) % 64)
        withUnsafeBytes(of: (length << 3).bigEndian) { tail.append(contentsOf: $0) }
        tail.withUnsafeBytes { tail in
            for block in stride(from: 0, to: tail.count, by: 64) {
                SHA256.mix(UnsafeRawBufferPointer(rebasing: tail[block..<block + 64]), into: &state)
            }
        }
        return state.map { String(String(UInt64($0) + 1 << 32, radix: 16).dropFirst()) }.joined()
    }

    private static func mix(_ block: UnsafeRawBufferPointer, into state: inout [UInt32]) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
            for t in 0..<16 { w[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * t, as: UInt32.self)) }
            for t in 16..<64 {
                let s0 = turned(w[t - 15], 7) ^ turned(w[t - 15], 18) ^ w[t - 15] >> 3
                let s1 = turned(w[t - 2], 17) ^ turned(w[t - 2], 19) ^ w[t - 2] >> 10
                w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            var (e, f, g, h) = (state[4], state[5], state[6], state[7])
            for t in 0..<64 {
                let s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
                let t1 = h &+ s1 &+ (e & f ^ ~e & g) &+ constants[t] &+ w[t]
                let t2 = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) &+ (a & b ^ a & c ^ b & c)
                (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
            }
            state[0] &+= a; state[1] &+= b; state[2] &+= c; state[3] &+= d
            state[4] &+= e; state[5] &+= f; state[6] &+= g; state[7] &+= h
        }
    }

    private static func turned(_ x: UInt32, _ by: UInt32) -> UInt32 { x >> by | x << (32 - by) }

    /// The first 32 bits of the fractions of the square roots of the first eight primes.
    private static let start: [UInt32] = [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ]

    /// The first 32 bits of the fractions of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ]
}
