/// A region that grows from seeds voxel after voxel, in the order in which a front reaches them: Dijkstra's shortest paths
/// over the 26 neighbours of a voxel.
struct GrowthFront {
    /// The voxels reached, first ones first, and when the front came.
    private(set) var reached: [Int32] = []
    private(set) var times: [Float] = []

    private struct Entry { var time: Float, voxel: Int32 }

    /// - Parameters:
    ///   - seeds: where the front starts, each voxel once; they count as reached.
    ///   - count: how many voxels to reach; fewer if no more can be.
    ///   - cost: the time that the front takes for one voxel width inside a voxel; infinite where it cannot enter.
    init(from seeds: [Int], reaching count: Int, size: SIMD3<Int>, cost: (Int) -> Float) {
        let steps = Self.neighbours(size)
        var arrival = [Float](repeating: .infinity, count: size.x * size.y * size.z)
        var costs = [Float](repeating: -1, count: arrival.count)
        var queue: [Entry] = []
        for seed in seeds {
            arrival[seed] = 0
            queue.append(Entry(time: 0, voxel: Int32(seed)))
        }
        reached.reserveCapacity(count)
        times.reserveCapacity(count)
        while reached.count < count, let next = Self.pop(&queue) {
            let voxel = Int(next.voxel)
            guard next.time == arrival[voxel] else { continue }
            reached.append(next.voxel)
            times.append(next.time)
            let (i, j, k) = (voxel % size.x, voxel / size.x % size.y, voxel / (size.x * size.y))
            guard i > 0, j > 0, k > 0, i < size.x - 1, j < size.y - 1, k < size.z - 1 else { continue }
            for (step, length) in steps {
                let other = voxel + step
                guard arrival[other] > next.time else { continue }
                if costs[other] < 0 { costs[other] = cost(other) }
                let time = next.time + length * costs[other]
                guard time < arrival[other] else { continue }
                arrival[other] = time
                Self.push(Entry(time: time, voxel: Int32(other)), to: &queue)
            }
        }
    }

    private static func neighbours(_ size: SIMD3<Int>) -> [(step: Int, length: Float)] {
        var steps: [(Int, Float)] = []
        for k in -1...1 {
            for j in -1...1 {
                for i in -1...1 where (i, j, k) != (0, 0, 0) {
                    steps.append((i + size.x * (j + size.y * k), Float(i * i + j * j + k * k).squareRoot()))
                }
            }
        }
        return steps
    }

    // A binary heap: the earliest entry stands first, and each is no later than the two below it.

    private static func push(_ entry: Entry, to queue: inout [Entry]) {
        queue.append(entry)
        queue.withUnsafeMutableBufferPointer { queue in
            var place = queue.count - 1
            while place > 0, queue[(place - 1) / 2].time > entry.time {
                queue[place] = queue[(place - 1) / 2]
                place = (place - 1) / 2
            }
            queue[place] = entry
        }
    }

    private static func pop(_ queue: inout [Entry]) -> Entry? {
        guard let first = queue.first, let last = queue.popLast() else { return nil }
        guard !queue.isEmpty else { return first }
        queue.withUnsafeMutableBufferPointer { queue in
            var (place, child) = (0, 1)
            while child < queue.count {
                if child + 1 < queue.count, queue[child + 1].time < queue[child].time { child += 1 }
                guard queue[child].time < last.time else { break }
                queue[place] = queue[child]
                (place, child) = (child, 2 * child + 1)
            }
            queue[place] = last
        }
        return first
    }
}
