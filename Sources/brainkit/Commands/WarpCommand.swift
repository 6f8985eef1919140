import ArgumentParser
import BrainData
import Foundation

struct WarpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "warp",
        abstract: "Apply a field and an affine map to a scan, labels or points.",
        discussion: """
            A place of the fixed scan goes through the field, then through the affine map, to a place of the moving \
            scan, where the value is read: as antsApplyTransforms -t FIELD -t AFFINE does. What `brainkit register \
            --warp` wrote holds the affine map already. With --inverse-affine the map is inverted and comes before \
            the field, as the way back needs it.

            Points go the same way, as with ANTs: what brings images from the moving scan to the fixed one takes \
            points from the fixed scan to the moving one. They are a table with the columns x, y and z in \
            millimetres, LPS as ANTs has them (--ras for right, anterior, superior); other columns stay.

            EXAMPLE
              brainkit warp -i t1.nii.gz --warp warp.nii.gz -o t1_on_atlas.nii.gz
              brainkit warp -i t1_dseg.nii.gz --warp warp.nii.gz -o labels_on_atlas.nii.gz --interpolation nearest
              brainkit warp -i points_on_atlas.csv --warp warp.nii.gz -o points_in_t1.csv
            """)

    @Option(name: .shortAndLong, help: "A scan, a label map, or a .csv of points.")
    var input: String
    @Option(help: ArgumentHelp("What the result's grid is taken from; the field if left out.", valueName: "file"))
    var reference: String?
    @Option(help: ArgumentHelp("A field in ITK's form.", valueName: "file.nii.gz"))
    var warp: String?
    @Option(help: ArgumentHelp("An affine map in ITK's text form.", valueName: "file.txt"))
    var affine: String?
    @Flag(help: "Invert the affine map, and apply it before the field.")
    var inverseAffine = false
    @Option(name: .shortAndLong, help: "The result.")
    var output: String
    @Option(help: "Between voxels: linear, or nearest for labels.")
    var interpolation = Interpolation.linear.rawValue
    @Flag(help: "Take a field that lies on another grid than the reference.")
    var resampleField = false
    @Flag(help: "Points run along right, anterior, superior.")
    var ras = false
    @Option(help: "Memory that may be used, in megabytes; what is free if left out.")
    var maxMemory: Int?

    func validate() throws {
        guard warp != nil || affine != nil else { throw ValidationError("give --warp, --affine or both") }
        guard Interpolation(rawValue: interpolation) != nil else {
            throw ValidationError("--interpolation is linear or nearest")
        }
        guard !inverseAffine || affine != nil else { throw ValidationError("--inverse-affine needs --affine") }
        guard maxMemory.map({ (1...100_000_000).contains($0) }) ?? true else {
            throw ValidationError("--max-memory is a number of megabytes above zero")
        }
    }

    func run() throws {
        let target = try OutputPath.file(output), source = URL(fileURLWithPath: input)
        let memory = ProcessMemory.free(limit: maxMemory)
        let field = try warp.map { try FieldFile.read(URL(fileURLWithPath: $0), limit: memory) }
        let map = try affine.map { try Self.map(URL(fileURLWithPath: $0), inverted: inverseAffine) }
        let way = Warp(first: inverseAffine ? map : nil, field: field, affine: inverseAffine ? nil : map)
        if source.pathExtension.lowercased() == "csv" {
            var points = try PointTable(source)
            points.move(by: way, ras: ras)
            try points.write(to: target)
        } else {
            let grid = try grid(field)
            if interpolation == Interpolation.nearest.rawValue {
                let labels = try ImageFile.readLabels(source, limit: memory)
                try ImageFile.write(labels.warped(by: way, onto: grid), to: target)
            } else {
                let scan = try ImageFile.read(source, limit: memory)
                try ImageFile.write(scan.warped(by: way, onto: grid), to: target)
            }
        }
        Console.result(target.path)
    }

    private static func map(_ file: URL, inverted: Bool) throws -> Affine {
        let map = try TransformFile.read(file)
        guard let back = map.inverse else {
            throw ImagingError.geometry("the affine map in \(file.path) is singular: it flattens space")
        }
        return inverted ? back : map
    }

    private func grid(_ field: DisplacementField?) throws -> Grid {
        guard let reference else {
            guard let field else {
                throw Failure(.usage, "an affine map alone needs a --reference for the result's grid")
            }
            return field.grid
        }
        let grid = try ImageFile.header(of: URL(fileURLWithPath: reference)).grid
        if let field, !field.grid.matches(grid), !resampleField {
            throw ImagingError.geometry(
                "the field \(warp ?? "") lies on another grid than the reference \(reference): leave --reference out, "
                    + "or say --resample-field")
        }
        return grid
    }
}
