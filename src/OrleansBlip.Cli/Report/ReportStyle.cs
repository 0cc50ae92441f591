namespace OrleansBlip.Cli.Report;

/// <summary>The report's style sheet: light or dark as the reader's system is, and fit to print.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root {
          color-scheme: light dark;
          --page: light-dark(#fbfbfa, #16181c); --card: light-dark(#ffffff, #1f2227); --ink: light-dark(#1d2126, #e9ebee);
          --soft: light-dark(#59626d, #a3acb8); --line: light-dark(#dfe3e8, #363b43);
          --good: light-dark(#0b6b3a, #6fd6a0); --good-ground: light-dark(#e3f5ea, #16352a);
          --bad: light-dark(#a3261b, #ff9d92); --bad-ground: light-dark(#fdeae8, #43201d);
          --c0: light-dark(#0b5cad, #6cb2ff); --c1: light-dark(#b45309, #ffb05c); --c2: light-dark(#0f766e, #5ad6c8);
          --c3: light-dark(#9d174d, #ff8fc0); --c4: light-dark(#5b21b6, #bfa1ff); --c5: light-dark(#3f4a56, #c3ccd6);
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
        h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
        h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
        .summary { font-size: 1.1rem; max-width: 46rem; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin: 1.5rem 0 0; }
        .facts div, .chart, .gallery li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
        .facts div { padding: .6rem .8rem; }
        dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); }
        caption { text-align: left; color: var(--soft); font-size: .9rem; padding: 0 0 .5rem; }
        th, td { text-align: left; padding: .5rem .75rem; border-top: 1px solid var(--line); vertical-align: baseline; }
        thead th { color: var(--soft); font-weight: 600; font-size: .85rem; }
        .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem; }
        .chart { margin: 0; padding: .75rem; } figcaption { font-weight: 600; margin-bottom: .25rem; }
        svg { display: block; width: 100%; height: auto; overflow: hidden; }
        .differences { max-width: 46rem; margin-bottom: 1rem; }
        .grid { stroke: var(--line); } .zero { stroke: var(--ink); stroke-width: 1.5; }
        .tick { fill: var(--soft); font-size: 12px; } .label { fill: var(--ink); font-size: 13px; }
        .whisker { stroke: var(--c0); stroke-width: 2; fill: none; } .point { fill: var(--c0); }
        .curve, .raw { fill: none; stroke-linejoin: round; } .curve { stroke-width: 2; } .raw { stroke-width: 1; opacity: .22; }
        .c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); }
        .c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); }
        .curve.c1 { stroke-dasharray: 7 3; } .curve.c2 { stroke-dasharray: 2 3; } .curve.c3 { stroke-dasharray: 9 3 2 3; }
        .curve.c4 { stroke-dasharray: 4 4; } .curve.c5 { stroke-dasharray: 12 4; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .25rem 0 0; padding: 0; font-size: .9rem; }
        .legend li { display: flex; align-items: center; gap: .4rem; } .legend svg { width: 28px; }
        .gallery { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(21rem, 1fr)); gap: 1rem; }
        .gallery li { display: flex; gap: .9rem; padding: .8rem; }
        .gallery img { width: 96px; height: 96px; flex: none; object-fit: contain; image-rendering: pixelated; border-radius: .25rem; }
        .gallery p { margin: 0 0 .6rem; font-size: .95rem; }
        .verdict { display: block; } .source { display: block; color: var(--soft); font-size: .8rem; } .score { color: var(--soft); font-size: .85rem; }
        .badge { display: inline-block; border-radius: 1rem; padding: 0 .55rem; font-size: .85rem; font-weight: 600; white-space: nowrap; }
        .good { color: var(--good); background: var(--good-ground); } .bad { color: var(--bad); background: var(--bad-ground); }
        .empty { color: var(--soft); }
        @media print { main { max-width: none; } section { break-inside: avoid-page; } }

        """;
}
