public import Foundation

/// An atlas: a label map and what its labels are called.
public struct Parcellation: Sendable {
    public let labels: LabelMap
    /// The labels that occur in the atlas, ascending, without 0.
    public let numbers: [UInt16]
    /// One a label.
    public let names: [String]

    /// - Parameter names: by label; a label without one goes by its number.
    public init(_ labels: LabelMap, names: [Int: String] = [:]) {
        self.labels = labels
        var occurs = [Bool](repeating: false, count: 65_536)
        for label in labels.voxels { occurs[Int(label)] = true }
        numbers = (1...65_535).filter { occurs[$0] }.map { UInt16($0) }
        self.names = numbers.map { names[Int($0)] ?? "\($0)" }
    }

    /// Reads the names of labels from a table: FSL's and AAL's `number name` lines, FreeSurfer's colour tables, or a table whose titles hold
    /// a number (`index`, `num`, `label`, `no`, `id`, `value`) and a `name` (or `region`).
    public static func names(_ url: URL) throws(SignalError) -> [Int: String] {
        let table = try TextTable(url)
        for key in ["index", "num", "number", "no", "id", "value", "label"] {
            for title in ["name", "region", "label", "abbreviation"] where title != key {
                let pairs = (0..<table.count).compactMap { line in
                    table[line, key].flatMap { Int($0) }.flatMap { n in table[line, title].map { (n, $0) } }
                }
                if !pairs.isEmpty { return Dictionary(pairs) { first, _ in first } }
            }
        }
        let file = try SignalError.rethrown { () throws(ImagingError) in try FileBytes(url, expecting: "a table") }
        let lines = String(decoding: file.raw, as: UTF8.self).split(whereSeparator: \.isNewline)
        let pairs = lines.compactMap { line -> (Int, String)? in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count > 1, let number = Int(words[0]) else { return nil }
            return (number, String(words[1]))
        }
        guard !pairs.isEmpty else {
            throw .malformed(
                path: url.path, expected: "lines of a label's number and its name", found: "\(lines.count) others")
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The mean of every region in every frame of a 4-D scan. The atlas comes onto the scan's grid, each voxel taking the closest label;
    /// one frame is in memory at a time.
    ///
    /// - Parameter progress: hears how many frames are done.
    /// - Throws: ``ImagingError`` where the scan has one frame, cannot be read, or no region lies in it.
    public func series(
        of reader: FrameReader, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(ImagingError) -> (series: RegionSeries, outside: [String]) {
        let frames = reader.header.frames
        guard frames > 1 else { throw .geometry("expected a series of frames, found a scan of one") }
        let map = try labels.resampled(to: reader.header.grid)
        var place = [Int32](repeating: -1, count: 65_536), counts = [Double](repeating: 0, count: numbers.count)
        for (n, number) in numbers.enumerated() { place[Int(number)] = Int32(n) }
        let regions = map.voxels.map { place[Int($0)] }
        for region in regions where region >= 0 { counts[Int(region)] += 1 }
        let kept = counts.indices.filter { counts[$0] > 0 }
        guard !kept.isEmpty else { throw .geometry("no region of the atlas lies in the scan: are both in one space?") }
        var values = Matrix(rows: frames, columns: kept.count)
        var row = 0
        while let frame = try reader.frame() {
            var sums = [Double](repeating: 0, count: numbers.count)
            for (voxel, region) in zip(frame.voxels, regions) where region >= 0 { sums[Int(region)] += Double(voxel) }
            for (column, n) in kept.enumerated() { values[row, column] = sums[n] / counts[n] }
            row += 1
            progress(row, frames)
        }
        let found = RegionSeries(
            regions: kept.map { names[$0] }, repetition: reader.header.secondsPerFrame, values: values)
        return (found, counts.indices.filter { counts[$0] == 0 }.map { names[$0] })
    }
}
