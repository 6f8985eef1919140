import Foundation

/// How a BrainVision file writes its samples as text.
struct BrainVisionText {
    let comma: Bool
    let skippedLines: Int
    let skippedColumns: Int

    init(_ fields: SectionedText) {
        comma = fields["ascii infos", "decimalsymbol"] == ","
        skippedLines = fields["ascii infos", "skiplines"].flatMap { Int($0) } ?? 0
        skippedColumns = fields["ascii infos", "skipcolumns"].flatMap { Int($0) } ?? 0
    }

    /// One line a sample, or, vectorised, one line a channel.
    func samples(_ file: FileBytes, _ header: BrainVisionHeader, limit: Int) throws(SignalError) -> HeldSamples {
        try file.checkParsed(file.raw.count, limit: limit)
        let channels = header.channels.count
        var rows = [[Double]](repeating: [], count: channels)
        var place = 0
        for line in file.raw.split(whereSeparator: { $0 == 10 || $0 == 13 }).dropFirst(max(0, skippedLines)) {
            let words = line.split(whereSeparator: { $0 == 32 || $0 == 9 || $0 == 59 || !comma && $0 == 44 })
                .dropFirst(max(0, skippedColumns))
            if words.isEmpty { continue }
            let numbers = try words.map { word throws(SignalError) in try number(word, file) }
            if header.isVectorised {
                guard place < channels else { break }
                rows[place] = numbers
                place += 1
            } else {
                guard numbers.count == channels else {
                    throw .malformed(
                        path: file.path, expected: "\(channels) numbers a line", found: "\(numbers.count)")
                }
                for (n, value) in numbers.enumerated() { rows[n].append(value) }
            }
        }
        guard rows.allSatisfy({ $0.count == rows[0].count }) else {
            throw .malformed(path: file.path, expected: "channels of one length", found: "several lengths")
        }
        for n in rows.indices where header.gains[n] != 1 { rows[n] = rows[n].map { $0 * header.gains[n] } }
        return HeldSamples(rows)
    }

    private func number(_ word: Data, _ file: FileBytes) throws(SignalError) -> Double {
        guard let number = String(decoding: word, as: UTF8.self).decimal else {
            throw .malformed(
                path: file.path, expected: "numbers", found: "“\(String(decoding: word.prefix(20), as: UTF8.self))”")
        }
        return number
    }
}
