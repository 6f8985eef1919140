/// The style sheet of every report: light and dark by the reader's own setting, and quiet on paper.
let reportStyle = """
    :root {
      color-scheme: light dark;
      --page: #f5f4f0; --card: #fffefb; --ink: #20242c; --soft: #666c78; --line: #e3e0d8; --accent: #2f6f73;
      --warm: #9a5b00; --warm-page: #fdf3e0; --warm-line: #ecd3a4;
      font: 15px/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #14161a; --card: #1c1f25; --ink: #e4e6ea; --soft: #969ca8; --line: #2e323b; --accent: #7cc0bd;
        --warm: #f0bd6b; --warm-page: #2b241a; --warm-line: #54432a;
      }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink); font-variant-numeric: tabular-nums; }
    main { max-width: 1180px; margin: 0 auto; padding: 44px 28px 72px; }
    header { margin-bottom: 26px; }
    h1 { margin: 0; font-size: 29px; font-weight: 640; letter-spacing: -0.018em; line-height: 1.2; }
    h2 { margin: 0 0 14px; font-size: 16px; font-weight: 640; letter-spacing: -0.005em; }
    .subject { margin: 6px 0 0; color: var(--soft); font-size: 16px; overflow-wrap: anywhere; }
    .permanent { position: fixed; inset: auto 0 0; margin: 0; padding: 7px 28px; text-align: center; font-size: 13px;
      color: var(--soft); background: var(--card); border-top: 1px solid var(--line); z-index: 2; }
    section, .warnings { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
      padding: 22px 24px; margin: 0 0 18px; }
    .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--narrow, 430px)), 1fr));
      gap: 18px; align-items: start; margin-bottom: 18px; }
    .columns > section { margin: 0; }
    .warnings { background: var(--warm-page); border-color: var(--warm-line); padding: 14px 20px; }
    .warnings h2 { color: var(--warm); font-size: 15px; margin: 0 0 4px; }
    .warnings ul { margin: 0; padding-left: 19px; }
    ol, section > p { margin: 0; max-width: 78ch; }
    section > .note { margin: 12px 0 0; max-width: none; color: var(--soft); font-size: 13px; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1px; padding: 0;
      overflow: hidden; }
    .tiles div { box-shadow: 0 0 0 1px var(--line); padding: 17px 22px; }
    .chart { display: block; max-width: 880px; }
    .tiles dt, .tiles dd { margin: 0; }
    .tiles dt { color: var(--soft); font-size: 13px; display: flex; align-items: center; gap: 7px; }
    .tiles dd { font-size: 25px; font-weight: 600; letter-spacing: -0.015em; line-height: 1.3; }
    .tiles small { font-size: 14px; font-weight: 400; color: var(--soft); letter-spacing: 0; margin-left: 4px; }
    .scroll { overflow-x: auto; }
    .scalps { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 12px; justify-items: center; }
    table { width: 100%; border-collapse: collapse; }
    th { text-align: left; font-weight: 500; font-size: 13px; color: var(--soft); vertical-align: bottom; }
    th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); }
    tr > :last-child { padding-right: 0; }
    tbody tr:last-child > * { border-bottom: 0; }
    tbody th { font-size: inherit; color: inherit; font-weight: inherit; }
    .number { text-align: right; }
    td.number { white-space: nowrap; }
    .facts th { width: 38%; color: var(--soft); vertical-align: top; }
    .facts td { overflow-wrap: anywhere; }
    ol { padding-left: 20px; }
    ol li { padding: 3px 0 3px 4px; }
    ol li::marker { color: var(--soft); }
    .swatch, .legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px;
      background: var(--colour); box-shadow: inset 0 0 0 1px rgb(128 128 128 / 0.35); flex: none; }
    td .swatch, th .swatch { margin-right: 8px; }
    .outline i { background: none; box-shadow: inset 0 0 0 2px var(--colour); }
    """

/// The style sheet of the viewer and its print form.
let viewerStyle = """
    .controls { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 20px; margin-bottom: 14px;
      font-size: 13px; }
    .controls label { display: flex; align-items: center; gap: 7px; color: var(--soft); }
    .controls input[type=range] { width: 96px; }
    input { accent-color: var(--accent); margin: 0; }
    button { font: inherit; color: inherit; background: none; border: 0; padding: 3px 10px; cursor: pointer; }
    .switch { display: flex; border: 1px solid var(--line); border-radius: 8px; padding: 2px; }
    .switch button { border-radius: 6px; color: var(--soft); }
    .switch [aria-pressed=true] { background: var(--line); color: var(--ink); }
    .legend { display: flex; flex-wrap: wrap; align-items: center; gap: 3px; }
    .legend > span { color: var(--soft); }
    .legend button { display: flex; align-items: center; gap: 6px; padding: 2px 7px; border-radius: 6px; }
    .legend [aria-pressed=false] { opacity: 0.4; text-decoration: line-through; }
    .planes { display: grid; gap: 12px; align-items: end; background: #000; border-radius: 10px; padding: 12px; }
    figure { margin: 0; min-width: 0; }
    .screen { position: relative; cursor: crosshair; touch-action: none; border-radius: 4px; }
    .screen:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    .screen:focus { outline: 1px solid #4d5560; outline-offset: 3px; }
    canvas { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
    .side { position: absolute; color: #b9c0ca; font-size: 12px; font-weight: 600; line-height: 1; pointer-events: none;
      text-shadow: 0 0 3px #000, 0 0 3px #000; }
    .left { left: 4px; top: 50%; margin-top: -6px; }
    .right { right: 4px; top: 50%; margin-top: -6px; }
    .top { top: 3px; left: 0; right: 0; text-align: center; }
    .bottom { bottom: 3px; left: 0; right: 0; text-align: center; }
    figcaption { display: flex; align-items: center; gap: 10px; margin-top: 12px; color: #b9c0ca; font-size: 12px; }
    figcaption b { font-weight: 600; }
    figcaption input { flex: 1; min-width: 0; accent-color: #8fb9b8; }
    figcaption output { white-space: nowrap; }
    .contact img { display: block; width: 100%; background: #000; border-radius: 8px; }
    .contact .names { display: flex; color: var(--soft); font-size: 13px; margin-bottom: 6px; }
    .contact .names span { flex: 1; text-align: center; }
    .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); gap: 18px; }
    .figures img { display: block; width: 100%; background: #000; border-radius: 8px; image-rendering: pixelated; }
    .figures figcaption { display: block; margin-top: 6px; color: var(--soft); font-size: 13px; }
    .figures figcaption b { display: block; color: var(--ink); overflow-wrap: anywhere; }
    @media (max-width: 700px) {
      main { padding: 26px 14px 64px; }
      section { padding: 17px 15px; }
      .planes { grid-template-columns: 1fr !important; }
    }
    @media print {
      :root { color-scheme: light; font-size: 11.5px; --page: #fff; --card: #fff; --ink: #000; --soft: #444;
        --line: #ccc;
        --warm: #7a4800; --warm-page: #fff; --warm-line: #b98a3c; --narrow: 260px; }
      th, .note, .tiles dt, .legend { font-size: 11px !important; }
      th, td { padding: 4px 9px 4px 0; }
      .scroll { overflow: visible; }
      main { max-width: none; padding: 0; }
      section, .warnings { break-inside: avoid; padding: 12px 14px; margin-bottom: 10px; border-radius: 6px; }
      .permanent { position: static; border: 0; }
      .switch, .controls label, figcaption input { display: none; }
      .planes, .screen, .swatch, .legend i { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
    }
    """
