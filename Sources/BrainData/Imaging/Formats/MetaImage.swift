public import Foundation

/// MetaImage of ITK: `.mha` with its data attached and `.mhd` with a data file beside it; raw, zlib and text.
public struct MetaImage: VolumeFormat {
    public let name = "MetaImage"
    public let endings = [".mha", ".mhd"]

    public init() {}

    public func recognises(_ beginning: Data) -> Bool {
        let start = String(decoding: beginning.prefix(1024), as: UTF8.self)
        return ["ObjectType", "NDims", "Comment"].contains { start.hasPrefix($0) } && start.contains("NDims")
    }

    public func open(_ file: FileBytes) throws(ImagingError) -> StoredImage {
        let (isWhole, text) = try TextHeader.read(
            file.beginning, path: file.path, separator: "=", skips: { _ in false },
            ends: { $0.hasPrefix("ElementDataFile") })
        guard isWhole else {
            throw .malformed(path: file.path, expected: "a line ElementDataFile that ends the header", found: "none")
        }
        var image = StoredImage(header: try header(text, file), file: file, offset: text.length)
        if text["elementnumberofchannels"] != nil { image.frameAxis = 0 }
        let data = try text.required("elementdatafile")
        if data.uppercased() != "LOCAL" {
            guard !data.hasPrefix("LIST"), !data.contains("%") else {
                throw .unsupported(path: file.path, what: "its voxels are spread over several data files")
            }
            (image.file, image.offset) = (try file.sibling(data), 0)
        }
        try encode(&image, text)
        return image
    }

    private func header(_ text: TextHeader, _ file: FileBytes) throws(ImagingError) -> ImageHeader {
        let axes = TextHeader.integers(try text.required("dimsize")) ?? []
        guard let count = Int(try text.required("ndims")), count == axes.count, (2...4).contains(count),
            let channels = Int(text["elementnumberofchannels"] ?? "1"), channels > 0,
            let shape = ImageHeader.shape(axes), ImageHeader.product(axes + [channels]) != nil
        else {
            throw .malformed(
                path: file.path, expected: "2 to 4 axes of at least one voxel each",
                found: "NDims \(text["ndims"] ?? "") and DimSize “\((text["dimsize"] ?? "").prefix(80))”")
        }
        guard channels == 1 || shape.frames == 1 else {
            throw .unsupported(path: file.path, what: "a series of \(shape.frames) with \(channels) channels each")
        }
        let stored = try text.required("elementtype")
        guard let type = Self.types[stored.uppercased()] else {
            throw .unsupported(path: file.path, what: "voxels of type “\(stored)”")
        }
        var notes = file.notes
        let affine = affine(text, axes: count, &notes)
        let isBig = text["binarydatabyteordermsb", "elementbyteordermsb"]?.lowercased() == "true"
        return ImageHeader(
            format: name, type: type, order: isBig ? .big : .little, size: (channels > 1 ? [channels] : []) + axes,
            grid: Grid(size: shape.grid, affine: affine), frames: shape.frames * channels,
            description: text["comment"] ?? "", notes: notes)
    }

    private static let types: [String: StoredType] = [
        "MET_CHAR": .int8, "MET_UCHAR": .uint8, "MET_SHORT": .int16, "MET_USHORT": .uint16, "MET_INT": .int32,
        "MET_UINT": .uint32, "MET_LONG": .int32, "MET_ULONG": .uint32, "MET_LONG_LONG": .int64,
        "MET_ULONG_LONG": .uint64, "MET_FLOAT": .float32, "MET_DOUBLE": .float64,
    ]

    private func affine(_ text: TextHeader, axes: Int, _ notes: inout [String]) -> Affine {
        func list(_ value: String?, _ count: Int, _ usual: Double) -> [Double] {
            let numbers = value.flatMap(TextHeader.numbers) ?? []
            if value != nil, numbers.count != count { notes.append("“\(value ?? "")” is no list of \(count) numbers") }
            return numbers.count == count ? numbers : [Double](repeating: usual, count: count)
        }
        let spatial = min(axes, 3)
        let spacing = list(text["elementspacing", "elementsize"], axes, 1)
        let origin = list(text["offset", "position", "origin"], axes, 0)
        let turn = list(text["transformmatrix", "orientation", "rotation"], axes * axes, .nan)
        var (steps, place) = ([SIMD3<Double>](), SIMD3<Double>())
        for axis in 0..<3 {
            var step = SIMD3<Double>()
            step[axis] = 1
            if axis < spatial {
                if !turn[0].isNaN { for n in 0..<spatial { step[n] = turn[axis * axes + n] } }
                step *= abs(spacing[axis])
                place[axis] = origin[axis]
            }
            steps.append(step)
        }
        let affine = Affine(i: steps[0], j: steps[1], k: steps[2], origin: place).turned(Affine.leftPosterior)
        if affine.placesVoxels { return affine }
        notes.append("the transform is singular or not finite; voxels of 1 mm were assumed")
        return Affine(spacing: [1, 1, 1]).turned(Affine.leftPosterior)
    }

    private func encode(_ image: inout StoredImage, _ text: TextHeader) throws(ImagingError) {
        let path = image.file.path
        if text["compresseddata"]?.lowercased() == "true" {
            guard image.offset == 0 || !image.file.isPacked else {
                throw .unsupported(path: path, what: "gzip around a MetaImage that is itself packed")
            }
            image.encoding = .zlib
            image.packedCount = text["compresseddatasize"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        } else if text["binarydata"]?.lowercased() == "false" {
            image.encoding = .text
        }
        image.header.isPacked = image.encoding == .zlib || image.file.isPacked
        guard let skipped = Int(text["headersize"] ?? "0"), skipped >= -1 else {
            throw .malformed(path: path, expected: "a HeaderSize from −1 on", found: text["headersize"] ?? "")
        }
        guard skipped != 0, image.encoding == .raw else { return }
        let count = image.header.grid.count * image.header.frames * image.header.type.bytes
        let total = image.file.raw.count
        guard count <= total, skipped <= total, !image.file.isPacked else {
            throw .truncated(path: path, expected: max(count, skipped), found: total)
        }
        image.offset = skipped == -1 ? total - count : image.offset + skipped
    }
}
