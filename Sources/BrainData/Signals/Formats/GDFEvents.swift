/// The table of events behind the samples of a GDF file. Labels are the codes in decimal, such as “769”.
struct GDFEvents {
    var events: [Event] = []

    /// - Parameters:
    ///   - start: the table's first byte; nothing there is a file without events.
    ///   - rate: the highest rate of the channels, for tables that name none.
    init(
        _ reader: SignalReader, at start: Int, version: Double, rate: Double, _ log: inout RepairLog
    ) throws(SignalError) {
        guard start + 8 <= reader.count else { return }
        let mode = try reader.integer(at: start, as: UInt8.self)
        guard mode == 1 || mode == 3 else {
            log.add("table of events", found: "one of mode \(mode)", used: "none")
            return
        }
        func triple(_ place: Int) throws(SignalError) -> Int {
            let low = Int(try reader.integer(at: place, as: UInt16.self))
            return low | Int(try reader.integer(at: place + 2, as: UInt8.self)) << 16
        }
        var (announced, found): (Int, Double)
        if version < 1.94 {
            (found, announced) = (
                Double(try triple(start + 1)), Int(try reader.integer(at: start + 4, as: UInt32.self))
            )
        } else {
            (announced, found) = (try triple(start + 1), Double(try reader.float32(at: start + 4)))
        }
        let room = (reader.count - start - 8) / (mode == 3 ? 12 : 6)
        if announced > room {
            log.add("number of events", found: "\(announced)", used: "\(room), for which there is room")
            announced = room
        }
        if !found.isFinite || found <= 0 {
            if announced > 0 { log.add("rate of the events", found: "\(found)", used: "\(rate) Hz, the channels'") }
            found = rate
        }
        let (positions, codes) = (start + 8, start + 8 + 4 * announced)
        for n in 0..<announced {
            let position = Double(try reader.integer(at: positions + 4 * n, as: UInt32.self)) - 1
            let code = try reader.integer(at: codes + 2 * n, as: UInt16.self)
            var event = Event(onset: max(0, position) / found, label: "\(code)")
            if mode == 3 {
                let (channels, durations) = (codes + 2 * announced, codes + 4 * announced)
                event.duration = Double(try reader.integer(at: durations + 4 * n, as: UInt32.self)) / found
                let channel = Int(try reader.integer(at: channels + 2 * n, as: UInt16.self))
                event.channel = channel > 0 ? channel - 1 : nil
            }
            events.append(event)
        }
        events.sort { $0.onset < $1.onset }
    }
}
