import Foundation

/// A filter by its zeros, poles and gain: from the analogue prototype to digital second-order sections.
///
/// The steps are those of every textbook (Oppenheim & Schafer, *Discrete-Time Signal Processing*, chapter 7); the order in which
/// poles and zeros are paired is scipy's, so that coefficients can be compared.
struct ZeroPoleGain {
    var zeros, poles: [Complex]
    var gain: Double

    /// Order minus two, minus four, … : the numbers of the prototype's poles.
    private static func steps(_ order: Int) -> [Double] {
        stride(from: -order + 1, to: order, by: 2).map(Double.init)
    }

    static func butterworth(_ order: Int) -> ZeroPoleGain {
        let poles = steps(order).map { -Complex(cos(.pi * $0 / Double(2 * order)), sin(.pi * $0 / Double(2 * order))) }
        return ZeroPoleGain(zeros: [], poles: poles.map { $0.im.magnitude < 1e-300 ? Complex($0.re) : $0 }, gain: 1)
    }

    static func chebyshevII(_ order: Int, attenuation: Double) -> ZeroPoleGain {
        let ripple = 1 / (pow(10, attenuation / 10) - 1).squareRoot()
        let width = asinh(1 / ripple) / Double(order)
        let zeros = steps(order).filter { $0 != 0 }.map { Complex(0, 1 / sin($0 * .pi / Double(2 * order))) }
        let poles = steps(order).map { step -> Complex in
            let angle = .pi * step / Double(2 * order)
            return Complex(1) / Complex(-sinh(width) * cos(angle), step == 0 ? 0 : -cosh(width) * sin(angle))
        }
        let gain = (Complex.product(poles.map { -$0 }) / Complex.product(zeros.map { -$0 })).re
        return ZeroPoleGain(zeros: zeros, poles: poles, gain: gain)
    }

    /// The prototype, whose edge is at one, moved to the band.
    func moved(to band: IIRFilter.Band, edges: [Double]) -> ZeroPoleGain {
        let degree = poles.count - zeros.count
        let ratio = Complex.product(zeros.map { -$0 }) / Complex.product(poles.map { -$0 })
        switch band {
        case .lowpass:
            return ZeroPoleGain(
                zeros: zeros.map { $0 * edges[0] }, poles: poles.map { $0 * edges[0] },
                gain: gain * pow(edges[0], Double(degree)))
        case .highpass:
            let turned = { (value: Complex) in Complex(edges[0]) / value }
            return ZeroPoleGain(
                zeros: zeros.map(turned) + [Complex](repeating: Complex(0), count: degree), poles: poles.map(turned),
                gain: gain * ratio.re)
        case .bandpass:
            let (width, middle) = (edges[1] - edges[0], (edges[0] * edges[1]).squareRoot())
            let moved = { (values: [Complex]) in Self.split(values.map { $0 * (width / 2) }, middle) }
            return ZeroPoleGain(
                zeros: moved(zeros) + [Complex](repeating: Complex(0), count: degree), poles: moved(poles),
                gain: gain * pow(width, Double(degree)))
        case .bandstop:
            let (width, middle) = (edges[1] - edges[0], (edges[0] * edges[1]).squareRoot())
            let moved = { (values: [Complex]) in Self.split(values.map { Complex(width / 2) / $0 }, middle) }
            let notches = [Complex(0, middle), Complex(0, -middle)].flatMap { [Complex](repeating: $0, count: degree) }
            return ZeroPoleGain(zeros: moved(zeros) + notches, poles: moved(poles), gain: gain * ratio.re)
        }
    }

    /// Each value becomes two, one at each end of the band.
    private static func split(_ values: [Complex], _ middle: Double) -> [Complex] {
        let roots = values.map { ($0 * $0 - Complex(middle * middle)).squareRoot }
        return zip(values, roots).map { $0 + $1 } + zip(values, roots).map { $0 - $1 }
    }

    /// The same filter in discrete time, by the bilinear transform at a rate of two.
    var digital: ZeroPoleGain {
        let turned = { (value: Complex) in (Complex(4) + value) / (Complex(4) - value) }
        let ratio = Complex.product(zeros.map { Complex(4) - $0 }) / Complex.product(poles.map { Complex(4) - $0 })
        return ZeroPoleGain(
            zeros: zeros.map(turned) + [Complex](repeating: Complex(-1), count: poles.count - zeros.count),
            poles: poles.map(turned), gain: gain * ratio.re)
    }

    /// Pairs of poles with the zeros nearest to them; the poles nearest to the unit circle come last.
    var sections: [IIRFilter.Section] {
        var (poles, zeros) = (Self.halves(self.poles), Self.halves(self.zeros))
        if self.poles.count % 2 == 1 {
            poles.append(Complex(0))
            zeros.append(Complex(0))
        }
        var sections: [IIRFilter.Section] = []
        for _ in 0..<(self.poles.count + 1) / 2 {
            let first = poles.remove(at: Self.worst(poles))
            let second: Complex
            var isAlone = false
            if !first.isReal {
                second = first.conjugate
            } else if let other = Self.worstReal(poles) {
                second = poles.remove(at: other)
            } else {
                (second, isAlone) = (Complex(0), true)
            }
            var pair = [Complex(0), Complex(0)]
            if let near = Self.nearest(zeros, first, realOnly: isAlone) {
                pair[0] = zeros.remove(at: near)
                if !pair[0].isReal {
                    pair[1] = pair[0].conjugate
                } else if !isAlone, let other = Self.nearest(zeros, first, realOnly: true) {
                    pair[1] = zeros.remove(at: other)
                }
            }
            sections.append(
                IIRFilter.Section(
                    b0: 1, b1: -(pair[0] + pair[1]).re, b2: (pair[0] * pair[1]).re, a1: -(first + second).re,
                    a2: (first * second).re))
        }
        sections.reverse()
        sections[0].b0 *= gain
        sections[0].b1 *= gain
        sections[0].b2 *= gain
        return sections
    }

    /// One of each pair of conjugates, then the real ones.
    private static func halves(_ values: [Complex]) -> [Complex] {
        let slack = 100 * Double.ulpOfOne
        let real = values.filter { abs($0.im) <= slack * $0.magnitude }.map { Complex($0.re) }
        let upper = values.filter { $0.im > slack * $0.magnitude }
        return upper.sorted { ($0.re, $0.im) < ($1.re, $1.im) } + real.sorted { $0.re < $1.re }
    }

    private static func worst(_ poles: [Complex]) -> Int {
        poles.indices.min { abs(1 - poles[$0].magnitude) < abs(1 - poles[$1].magnitude) } ?? 0
    }

    private static func worstReal(_ poles: [Complex]) -> Int? {
        poles.indices.filter { poles[$0].isReal }
            .min { abs(1 - poles[$0].magnitude) < abs(1 - poles[$1].magnitude) }
    }

    private static func nearest(_ zeros: [Complex], _ pole: Complex, realOnly: Bool) -> Int? {
        zeros.indices.filter { !realOnly || zeros[$0].isReal }
            .min { (zeros[$0] - pole).magnitude < (zeros[$1] - pole).magnitude }
    }
}
