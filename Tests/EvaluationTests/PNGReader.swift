import Foundation

/// Reads the few kinds of PNG that the report writes: grey, palette and colour, not interlaced. It shares no code with the
/// writer.
struct PNGReader {
    let width, height: Int
    /// Grey values, places in the palette, or red, green and blue in turn, row by row.
    private(set) var pixels: [UInt8] = []
    /// Red, green, blue of each entry; empty for grey pictures.
    private(set) var palette: [[UInt8]] = []
    /// How opaque the first entries are.
    private(set) var opacity: [UInt8] = []

    init?(_ data: Data) {
        let bytes = [UInt8](data)
        func word(_ place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        guard bytes.count > 33, bytes[28] == 0 else { return nil }  // no interlacing
        (width, height) = (word(16), word(20))
        let bits = Int(bytes[24]), parts = bytes[25] == 2 ? 3 : 1
        var (place, packed): (Int, [UInt8]) = (8, [])
        while place + 12 <= bytes.count {
            let content = bytes[place + 8..<place + 8 + word(place)]
            switch String(decoding: bytes[place + 4..<place + 8], as: UTF8.self) {
            case "PLTE":
                palette = stride(from: 0, to: content.count, by: 3).map { Array(content.dropFirst($0).prefix(3)) }
            case "tRNS": opacity = Array(content)
            case "IDAT": packed += content
            default: break
            }
            place += 12 + word(place)
        }
        var inflater = Inflater(Array(packed.dropFirst(2)))  // the zlib header
        guard let rows = inflater.inflate() else { return nil }
        let length = (width * parts * bits + 7) / 8
        guard rows.count == height * (length + 1) else { return nil }
        var above = [UInt8](repeating: 0, count: length)
        for row in 0..<height {
            let start = row * (length + 1)
            above = Self.unfiltered(Array(rows[start + 1..<start + 1 + length]), above: above, by: rows[start], parts)
            for x in 0..<width * parts {
                let shift = 8 - bits - x * bits % 8
                pixels.append(above[x * bits / 8] >> UInt8(shift) & UInt8((1 << bits) - 1))
            }
        }
    }

    /// PNG specification, section 9, for pixels of `parts` bytes, or of less than one.
    private static func unfiltered(_ row: [UInt8], above: [UInt8], by filter: UInt8, _ parts: Int) -> [UInt8] {
        var row = row
        for x in row.indices {
            let hasLeft = x >= parts
            let (a, b, c) = (hasLeft ? Int(row[x - parts]) : 0, Int(above[x]), hasLeft ? Int(above[x - parts]) : 0)
            let guess: Int
            switch filter {
            case 1: guess = a
            case 2: guess = b
            case 3: guess = (a + b) / 2
            case 4:
                let p = a + b - c
                let (pa, pb, pc) = (abs(p - a), abs(p - b), abs(p - c))
                guess = pa <= pb && pa <= pc ? a : pb <= pc ? b : c
            default: guess = 0
            }
            row[x] = row[x] &+ UInt8(guess)
        }
        return row
    }
}

/// Deflate, RFC 1951, slowly and plainly.
private struct Inflater {
    private let bytes: [UInt8]
    private var bit = 0
    private var output: [UInt8] = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func inflate() -> [UInt8]? {
        while true {
            guard let last = take(1), let kind = take(2) else { return nil }
            switch kind {
            case 0: guard stored() else { return nil }
            case 1:
                let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
                guard block(Huffman(lengths), Huffman(Array(repeating: 5, count: 30))) else { return nil }
            default:
                guard let (symbols, distances) = tables(), block(symbols, distances) else { return nil }
            }
            if last == 1 { return output }
        }
    }

    private mutating func take(_ count: Int) -> Int? {
        guard bit + count <= bytes.count * 8 else { return nil }
        var value = 0
        for n in 0..<count { value |= Int(bytes[(bit + n) / 8] >> UInt8((bit + n) % 8) & 1) << n }
        bit += count
        return value
    }

    private mutating func stored() -> Bool {
        bit = (bit + 7) / 8 * 8
        guard let count = take(16), take(16) == 0xffff ^ count, bit / 8 + count <= bytes.count else { return false }
        output += bytes[bit / 8..<bit / 8 + count]
        bit += 8 * count
        return true
    }

    private mutating func next(_ code: Huffman) -> Int? {
        var (value, length) = (0, 0)
        while length < 15, let one = take(1) {
            (value, length) = (value << 1 | one, length + 1)
            if let symbol = code.symbols[length << 16 | value] { return symbol }
        }
        return nil
    }

    private mutating func tables() -> (Huffman, Huffman)? {
        guard let a = take(5), let b = take(5), let c = take(4) else { return nil }
        var lengths = [Int](repeating: 0, count: 19)
        for place in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(c + 4) {
            guard let length = take(3) else { return nil }
            lengths[place] = length
        }
        let code = Huffman(lengths)
        var all: [Int] = []
        while all.count < a + b + 258 {
            guard let symbol = next(code) else { return nil }
            switch symbol {
            case 16: all += Array(repeating: all.last ?? 0, count: 3 + (take(2) ?? 0))
            case 17: all += Array(repeating: 0, count: 3 + (take(3) ?? 0))
            case 18: all += Array(repeating: 0, count: 11 + (take(7) ?? 0))
            default: all.append(symbol)
            }
        }
        return (Huffman(Array(all.prefix(a + 257))), Huffman(Array(all.dropFirst(a + 257))))
    }

    private mutating func block(_ symbols: Huffman, _ distances: Huffman) -> Bool {
        while let symbol = next(symbols) {
            if symbol == 256 { return true }
            if symbol < 256 {
                output.append(UInt8(symbol))
                continue
            }
            // Lengths and distances grow by doubling every four and every two symbols.
            let extra = symbol < 265 || symbol == 285 ? 0 : (symbol - 261) / 4
            let base = symbol < 265 ? symbol - 254 : symbol == 285 ? 258 : (4 + (symbol - 265) % 4) << extra + 3
            guard let more = take(extra), let code = next(distances) else { return false }
            let shift = code < 4 ? 0 : code / 2 - 1
            guard let far = take(shift) else { return false }
            let distance = (code < 4 ? code : (2 + code % 2) << shift) + far + 1
            guard distance <= output.count else { return false }
            for _ in 0..<base + more { output.append(output[output.count - distance]) }
        }
        return false
    }
}

/// A code whose words are given by their lengths, RFC 1951, section 3.2.2.
private struct Huffman {
    /// The symbol of each word, by `length << 16 | word`.
    private(set) var symbols: [Int: Int] = [:]

    init(_ lengths: [Int]) {
        var word = 0
        for length in 1...15 {
            for symbol in lengths.indices where lengths[symbol] == length {
                symbols[length << 16 | word] = symbol
                word += 1
            }
            word <<= 1
        }
    }
}
