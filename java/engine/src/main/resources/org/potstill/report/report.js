"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const drawn = [];
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const font = "11px system-ui, sans-serif";
  const short = value => Math.abs(value) >= 1e3 || (value !== 0 && Math.abs(value) < 1e-2)
    ? value.toExponential(1).replace(".0", "").replace("e+", "e")
    : String(+value.toPrecision(3));
  const thousands = value => String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const range = (from, count, at) => Array.from({length: count}, (_, i) => at(from + i));

  const axis = more => Object.assign({
    stroke: () => colour("soft"), font, grid: {stroke: () => colour("line"), width: 1},
    ticks: {show: false}, border: {show: false},
  }, more);

  // One line of text in the corner of the chart tells what lies under the pointer.
  const tip = text => ({
    hooks: {
      init: u => {
        u.tip = document.createElement("div");
        u.tip.className = "tip";
        u.tip.hidden = true;
        u.root.appendChild(u.tip);
      },
      setCursor: u => {
        const at = u.cursor.idx;
        u.tip.hidden = at == null || u.cursor.left < 0;
        if (!u.tip.hidden) u.tip.textContent = text(u, at);
      },
    },
  });

  const cutLine = cut => ({
    hooks: {
      draw: u => {
        if (cut == null) return;
        const x = Math.round(u.valToPos(cut, "x", true));
        const context = u.ctx;
        context.save();
        context.strokeStyle = colour("ink");
        context.lineWidth = 1.5 * devicePixelRatio;
        context.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
        context.beginPath();
        context.moveTo(x, u.bbox.top);
        context.lineTo(x, u.bbox.top + u.bbox.height);
        context.stroke();
        context.restore();
      },
    },
  });

  const decades = (u, index, low, high) => {
    const every = Math.max(1, Math.ceil((high - low) / 5));
    const first = Math.ceil(low / every) * every;
    if (high - low < 1.5) return range(0, 4, i => low + (i + 0.5) * (high - low) / 4);
    return range(0, Math.floor((high - first) / every) + 1, i => first + i * every);
  };

  const histogram = ({start, width, all, kept, cut}) => {
    const bars = uPlot.paths.bars({size: [1, Infinity], align: 1, gap: 1});
    const fill = name => ({fill: () => colour(name), width: 0, paths: bars, points: {show: false}});
    const centres = all.map((_, i) => start + i * width);
    const end = start + all.length * width;
    return {
      data: [centres, all, kept],
      options: {
        scales: {x: {time: false, range: [start, end]}, y: {range: (u, low, high) => [0, Math.max(1, high) * 1.06]}},
        series: [{}, fill("stone"), fill("copper")],
        axes: [
          axis({size: 24, grid: {show: false}, splits: decades, values: (u, splits) => splits.map(v => short(10 ** v))}),
          axis({size: 38, space: 34, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5]}),
        ],
        plugins: [cutLine(cut), tip((u, i) =>
          `loss ${short(10 ** centres[i])} to ${short(10 ** (centres[i] + width))}: ${kept[i]} of ${all[i]} kept`)],
      },
    };
  };

  const curve = ({steps, values, step, value}) => ({
    data: [steps, values],
    options: {
      scales: {x: {time: false}},
      series: [{}, {stroke: () => colour("copper"), width: 1.75, points: {show: steps.length < 40, size: 5, fill: () => colour("copper")}}],
      axes: [
        axis({size: 24, grid: {show: false}, label: step, labelSize: 20, labelFont: font, space: 60, values: (u, splits) => splits.map(v => Number.isInteger(v) ? thousands(v) : "")}),
        axis({size: 52, values: (u, splits) => splits.map(short)}),
      ],
      plugins: [tip((u, i) => `${step} ${Math.round(steps[i])}: ${value} ${short(values[i])}`)],
    },
  });

  const size = box => ({width: Math.max(120, box.clientWidth), height: box.clientHeight});

  for (const chart of charts) {
    const box = document.getElementById(chart.id);
    const {data, options} = chart.data.all ? histogram(chart.data) : curve(chart.data);
    const plot = new uPlot(Object.assign(size(box), {
      legend: {show: false},
      cursor: {y: false, points: {show: false}, drag: {x: false, y: false}},
      padding: [8, 16, 0, 0],
    }, options), data, box);
    drawn.push(plot);
    new ResizeObserver(() => plot.setSize(size(box))).observe(box);
  }

  const redraw = () => drawn.forEach(plot => plot.redraw(false));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  const printing = on => () => {
    document.documentElement.classList.toggle("printing", on);
    redraw();
  };
  addEventListener("beforeprint", printing(true));
  addEventListener("afterprint", printing(false));
})();
