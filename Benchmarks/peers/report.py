"""What a benchmark of patches says in the end: one row for each peer."""
import statistics


def rows(running, errors, turns):
    medians = {peer.name: statistics.median(turns[peer.name]["seconds"]) for peer in running}
    return [{"name": p.name, "precision": p.precision, **turns[p.name], "median_seconds": medians[p.name],
             "best_seconds": min(turns[p.name]["seconds"]), "worst_seconds": max(turns[p.name]["seconds"]),
             "ratio_to_brainkit": medians[p.name] / medians[f"brainkit {p.precision}"], "error": errors.get(p.name)}
            for p in running]


def table(report):
    m = report["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in m["versions"].items() if name != "monai")
    yield f"{report['what']}, {report['threads']} threads, {report['rounds']} rounds of {report['passes']} passes"
    yield f"{m['processor']}, {m['cores']} cores; {versions}"
    yield f"{'':32} {'median s':>9} {'best s':>9} {'worst s':>9} {'to brainkit':>12} {'others':>7} {'error':>9}"
    for r in report["peers"]:
        shares = [share for share in r["others"] if share is not None]
        disturbed = f"{statistics.median(shares):7.0%}" if shares else f"{'?':>7}"
        error = f"{r['error']:9.1e}" if r["error"] is not None else f"{'':9}"
        yield (f"{r['name']:32} {r['median_seconds']:9.3f} {r['best_seconds']:9.3f} {r['worst_seconds']:9.3f} "
               f"{r['ratio_to_brainkit']:11.2f}x {disturbed} {error}")
