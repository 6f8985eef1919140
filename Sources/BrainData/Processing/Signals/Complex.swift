import Foundation

/// A complex number, for poles, zeros and spectra.
struct Complex: Equatable {
    var re, im: Double

    init(_ re: Double, _ im: Double = 0) { (self.re, self.im) = (re, im) }

    static func + (a: Complex, b: Complex) -> Complex { Complex(a.re + b.re, a.im + b.im) }
    static func - (a: Complex, b: Complex) -> Complex { Complex(a.re - b.re, a.im - b.im) }
    static func * (a: Complex, b: Complex) -> Complex { Complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re) }
    static func * (a: Complex, b: Double) -> Complex { Complex(a.re * b, a.im * b) }
    static func / (a: Complex, b: Complex) -> Complex {
        let size = b.re * b.re + b.im * b.im
        return Complex((a.re * b.re + a.im * b.im) / size, (a.im * b.re - a.re * b.im) / size)
    }
    static prefix func - (a: Complex) -> Complex { Complex(-a.re, -a.im) }

    var conjugate: Complex { Complex(re, -im) }
    var magnitude: Double { hypot(re, im) }
    var isReal: Bool { im == 0 }

    /// The root in the right half plane.
    var squareRoot: Complex {
        let size = magnitude
        let (a, b) = (((size + re) / 2).squareRoot(), ((size - re) / 2).squareRoot())
        return Complex(a, im < 0 ? -b : b)
    }

    static func product(_ values: [Complex]) -> Complex { values.reduce(Complex(1), *) }
}

/// The discrete Fourier transform of any length: by halves for powers of two, else as a convolution (Bluestein, 1970).
struct FourierTransform {
    let count: Int
    private let size: Int
    private let turns: [Complex]
    private let chirp: [Complex]
    private let kernel: [Complex]

    init(_ count: Int) {
        self.count = count
        let isPower = count & (count - 1) == 0
        var size = 1
        while size < (isPower ? count : 2 * count - 1) { size *= 2 }
        self.size = size
        turns = (0..<max(1, size / 2)).map {
            Complex(cos(2 * .pi * Double($0) / Double(size)), -sin(2 * .pi * Double($0) / Double(size)))
        }
        guard !isPower else {
            (chirp, kernel) = ([], [])
            return
        }
        let waves = (0..<count).map { n in
            // The square is reduced before it is turned into an angle, which keeps all digits.
            let angle = .pi * Double(n * n % (2 * count)) / Double(count)
            return Complex(cos(angle), -sin(angle))
        }
        var padded = [Complex](repeating: Complex(0), count: size)
        for n in 0..<count {
            padded[n] = waves[n].conjugate
            if n > 0 { padded[size - n] = waves[n].conjugate }
        }
        Self.transform(&padded, turns)
        (chirp, kernel) = (waves, padded)
    }

    func callAsFunction(_ values: [Complex]) -> [Complex] {
        precondition(values.count == count, "\(values.count) values for a transform of \(count)")
        if chirp.isEmpty {
            var result = values
            Self.transform(&result, turns)
            return result
        }
        var padded = [Complex](repeating: Complex(0), count: size)
        for n in 0..<count { padded[n] = values[n] * chirp[n] }
        Self.transform(&padded, turns)
        for n in 0..<size { padded[n] = (padded[n] * kernel[n]).conjugate }
        Self.transform(&padded, turns)
        return (0..<count).map { padded[$0].conjugate * (1 / Double(size)) * chirp[$0] }
    }

    /// In place, by halves.
    private static func transform(_ values: inout [Complex], _ turns: [Complex]) {
        let count = values.count
        var place = 0
        for n in 1..<max(1, count) {
            var bit = count >> 1
            while place & bit != 0 {
                place ^= bit
                bit >>= 1
            }
            place |= bit
            if n < place { values.swapAt(n, place) }
        }
        values.withUnsafeMutableBufferPointer { v in
            var length = 2
            while length <= count {
                let (half, step) = (length / 2, count / length)
                for start in stride(from: 0, to: count, by: length) {
                    for k in 0..<half {
                        let (a, b) = (v[start + k], v[start + k + half] * turns[k * step])
                        v[start + k] = a + b
                        v[start + k + half] = a - b
                    }
                }
                length *= 2
            }
        }
    }
}
