import Foundation

/// Where the electrodes of the 10–20, 10–10 and 10–05 systems sit on a sphere.
///
/// Oostenveld & Praamstra, *The five percent electrode system for high-resolution EEG and ERP measurements*, Clin.
/// Neurophysiol. 112, 2001. Fpz, Oz, T7 and T8 are taken to lie level with the centre; nasion and inion 22.5° lower. On a
/// real head electrodes are some degrees elsewhere: measured positions go before these.
public enum Montage {
    /// Millimetres from the head's centre to an electrode, where only directions are known.
    public static let headRadius = 95.0

    /// The nineteen electrodes of the 10–20 system.
    public static let tenTwenty = [
        "Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3", "Cz", "C4", "T8", "P7", "P3", "Pz", "P4", "P8", "O1",
        "O2",
    ]

    /// The direction of an electrode from the centre, of length one: right, anterior, superior.
    ///
    /// Letter case, dots, a leading “EEG” and a reference behind a dash are put aside; T3, T4, T5 and T6 are T7, T8, P7 and
    /// P8, A and M the places beside the ears. Nil for a name of no electrode.
    public static func direction(of name: String) -> SIMD3<Double>? {
        let plain = site(name)
        let known = aliases[plain] ?? plain
        let letters = known.prefix { $0.isLetter && $0 != "z" }
        guard let angle = rows[String(letters)] else { return nil }
        let rest = known.dropFirst(letters.count)
        if rest == "z" { return onMidline(angle) }
        let isHalf = rest.hasSuffix("h")
        guard let column = Int(isHalf ? rest.dropLast() : rest), (1...10).contains(column) else { return nil }
        let left = column % 2 == 1
        // 1, 3, 5, 7 and 9 count outward from the midline, and so do 2, 4, 6, 8 and 10; h is half a step inward.
        let step = Double((column + 1) / 2) - (isHalf ? 0.5 : 0)
        guard var place = onLeft(angle, step) else { return nil }
        if !left { place.x = -place.x }
        return place
    }

    /// The bare name of an electrode in lower case.
    private static func site(_ name: String) -> String {
        var text = name.lowercased().trimmingBlanks
        if text.hasPrefix("eeg") { text = text.dropFirst(3).drop { " -_".contains($0) }.trimmingBlanks }
        if let dash = text.firstIndex(where: { "-_ ".contains($0) }) { text = String(text[..<dash]) }
        return text.filter { $0 != "." }
    }

    private static let aliases = [
        "t3": "t7", "t4": "t8", "t5": "p7", "t6": "p8", "a1": "t9", "a2": "t10", "m1": "tp9", "m2": "tp10",
    ]

    /// Degrees in front of the vertex at which each row crosses the midline.
    private static let rows: [String: Double] = [
        "n": 112.5, "fp": 90, "afp": 78.75, "af": 67.5, "aff": 56.25, "f": 45, "ffc": 33.75, "fft": 33.75, "fc": 22.5,
        "ft": 22.5, "fcc": 11.25, "ftt": 11.25, "c": 0, "t": 0, "ccp": -11.25, "ttp": -11.25, "cp": -22.5, "tp": -22.5,
        "cpp": -33.75, "tpp": -33.75, "p": -45, "ppo": -56.25, "po": -67.5, "poo": -78.75, "o": -90, "oi": -101.25,
        "i": -112.5,
    ]

    private static func onMidline(_ angle: Double) -> SIMD3<Double> {
        SIMD3(0, sin(angle * .pi / 180), cos(angle * .pi / 180))
    }

    /// - Parameters:
    ///   - turn: degrees from the front to the left.
    ///   - fall: degrees from the vertex.
    private static func onRing(_ turn: Double, fall: Double) -> SIMD3<Double> {
        let (a, b) = (turn * .pi / 180, fall * .pi / 180)
        return SIMD3(-sin(a) * sin(b), cos(a) * sin(b), cos(b))
    }

    /// The place so many columns left of the midline; the fourth is level with the centre.
    private static func onLeft(_ angle: Double, _ step: Double) -> SIMD3<Double>? {
        // The rows of Fp, O and beyond run along a ring, a tenth of half its way a column.
        if abs(angle) >= 90 {
            guard step <= 1 else { return nil }
            return onRing(angle > 0 ? 18 * step : 180 - 18 * step, fall: abs(angle))
        }
        let turn = 90 - 0.8 * angle
        if step > 4 { return onRing(turn, fall: 90 + 22.5 * (step - 4)) }
        return onArc(left: onRing(turn, fall: 90), middle: onMidline(angle), share: step / 4)
    }

    /// A part of the way from the middle to the left end of the circle through both and the right end.
    private static func onArc(left: SIMD3<Double>, middle: SIMD3<Double>, share: Double) -> SIMD3<Double> {
        // By symmetry the circle's plane is spanned by the x axis and the line from the ends' middle to `middle`.
        let rise = middle - SIMD3(0, left.y, left.z)
        let length = (rise * rise).sum().squareRoot()
        let up = rise / length
        // In that plane the ends are at (±x, 0) and the middle at (0, length).
        let radius = (left.x * left.x + length * length) / (2 * length)
        let whole = atan2(-left.x, radius - length)
        let angle = whole * share
        return SIMD3(-radius * sin(angle), 0, 0) + middle + up * (radius * cos(angle) - radius)
    }
}

extension Recording {
    /// Gives every channel that has no position the one that its name has in the 10–05 system.
    ///
    /// - Returns: the names of EEG channels that still have none.
    @discardableResult
    public mutating func placeByName() -> [String] {
        for n in channels.indices where channels[n].kind == .eeg && channels[n].position == nil {
            channels[n].position = Montage.direction(of: channels[n].name).map { $0 * Montage.headRadius }
        }
        return channels.filter { $0.kind == .eeg && $0.position == nil }.map(\.name)
    }
}
