public import Foundation

/// Affine maps as ITK's text files hold them, which ANTs and 3D Slicer read: from places of the fixed scan to those of the moving one,
/// in millimetres along left, posterior and superior.
public enum TransformFile {
    private static let head = "#Insight Transform File V1.0"
    private static let kinds = [
        "AffineTransform_double_3_3", "MatrixOffsetTransformBase_double_3_3", "AffineTransform_float_3_3",
    ]

    /// - Throws: ``ImagingError/unwritable(path:why:)``.
    public static func write(_ map: Affine, to file: URL) throws(ImagingError) {
        let turned = map.betweenRASAndLPS
        // Row by row, then the translation.
        let rows = (0..<3).flatMap { row in [turned.i[row], turned.j[row], turned.k[row]] }
        let numbers = rows + (0..<3).map { turned.origin[$0] }
        let text = """
            \(head)
            #Transform 0
            Transform: \(kinds[0])
            Parameters: \(numbers.map { "\($0)" }.joined(separator: " "))
            FixedParameters: 0 0 0

            """
        try AtomicFile.write(Data(text.utf8), to: file)
    }

    /// - Throws: ``ImagingError`` where the file is missing, damaged, or holds another kind of transform.
    public static func read(_ file: URL) throws(ImagingError) -> Affine {
        guard let text = String(data: try FileBytes(file).beginning, encoding: .utf8), text.hasPrefix(head) else {
            throw .unsupported(path: file.path, what: "it is no ITK transform in text form, which starts with \(head)")
        }
        let fields = values(of: text)
        guard let kind = fields["Transform"]?.first, kinds.contains(kind) else {
            let found = fields["Transform"]?.first ?? "none"
            throw .unsupported(
                path: file.path, what: "it holds a transform of the kind \(found), and affine ones are read")
        }
        let numbers = (fields["Parameters"] ?? []).compactMap(Double.init)
        let centre = (fields["FixedParameters"] ?? []).compactMap(Double.init)
        guard numbers.count == 12, centre.count == 3, (numbers + centre).allSatisfy(\.isFinite) else {
            throw .malformed(
                path: file.path, expected: "12 parameters and 3 fixed ones",
                found: "\(numbers.count) and \(centre.count)")
        }
        func column(_ n: Int) -> SIMD3<Double> { [numbers[n], numbers[3 + n], numbers[6 + n]] }
        var map = Affine(i: column(0), j: column(1), k: column(2), origin: .zero)
        let middle = SIMD3(centre[0], centre[1], centre[2])
        map.origin = SIMD3(numbers[9], numbers[10], numbers[11]) + middle - map(middle)
        return map.betweenRASAndLPS
    }

    /// The words behind each key.
    private static func values(of text: String) -> [String: [String]] {
        var fields: [String: [String]] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, fields[String(parts[0])] == nil else { continue }
            fields[String(parts[0])] = parts[1].split(separator: " ").map(String.init)
        }
        return fields
    }
}

extension Affine {
    /// The same map between places whose first two axes run the other way.
    fileprivate var betweenRASAndLPS: Affine {
        let flip = SIMD3<Double>(-1, -1, 1)
        return Affine(i: i * flip * -1, j: j * flip * -1, k: k * flip, origin: origin * flip)
    }
}
