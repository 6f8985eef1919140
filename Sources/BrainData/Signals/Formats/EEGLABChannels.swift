/// The channels and events of an EEGLAB structure.
enum EEGLABChannels {
    /// Positions: EEGLAB's X points to the nose and Y to the left ear.
    static func read(
        _ value: MATValue?, count: Int, rate: Double, _ log: inout RepairLog
    ) throws(SignalError) -> [Channel] {
        var channels = (1...count).map { Channel(name: "\($0)", rate: rate) }
        guard let places = value?.structure else { return channels }
        if places.count != count {
            log.add("channels", found: "\(places.count) described", used: "\(count), as there are rows")
        }
        for n in 0..<min(count, places.count) {
            if let label = places.value("labels", of: n)?.text, !label.isEmpty { channels[n].name = label }
            let kind = places.value("type", of: n)?.text ?? ""
            channels[n].kind =
                kind.isEmpty
                ? Channel.kind(name: channels[n].name, unit: channels[n].unit) : Channel.kind(bids: kind)
            if let x = places.value("X", of: n)?.number, let y = places.value("Y", of: n)?.number,
                let z = places.value("Z", of: n)?.number, (x * x + y * y + z * z).isFinite, x != 0 || y != 0 || z != 0
            {
                // Coordinates on a sphere of radius one are as common as millimetres.
                let scale = (x * x + y * y + z * z) < 4 ? Montage.headRadius : 1
                channels[n].position = SIMD3(-y, x, z) * scale
            }
        }
        return channels
    }

    static func events(_ value: MATValue?, rate: Double, _ log: inout RepairLog) -> [Event] {
        guard let list = value?.structure else { return [] }
        var events: [Event] = []
        for n in 0..<list.count {
            guard let latency = list.value("latency", of: n)?.number, latency.isFinite else {
                log.add("event \(n + 1)", found: "no latency", used: "none", kind: "event")
                continue
            }
            let duration = list.value("duration", of: n)?.number ?? 0
            events.append(
                Event(
                    onset: (latency - 1) / rate, duration: duration.isFinite ? max(0, duration) / rate : 0,
                    label: label(list.value("type", of: n))))
        }
        return events.sorted { $0.onset < $1.onset }
    }

    private static func label(_ value: MATValue?) -> String {
        if let text = value?.text { return text }
        guard let number = value?.number else { return "" }
        return Int(exactly: number).map(String.init) ?? "\(number)"
    }
}
