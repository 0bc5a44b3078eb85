// Results of a check over time with the limit of its criterion. The same numbers stand in a table below each chart.
import { CustomChart, LineChart } from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

echarts.use([CustomChart, GridComponent, LineChart, MarkAreaComponent, MarkLineComponent, SVGRenderer, TooltipComponent]);

const SYMBOLS = {
  PASS: "circle",
  FAIL: "path://M12 1 L23 12 L12 23 L1 12 Z",
  INCONCLUSIVE: "emptyCircle",
  NONE: "circle",
};
const TONES = { PASS: "--good", FAIL: "--bad", INCONCLUSIVE: "--open", NONE: "--accent" };
const drawn = new Map();
const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
  .getContext("2d", { willReadFrequently: true });

function colour(name) {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = getComputedStyle(probe).color;
  pixel.fillRect(0, 0, 1, 1);
  probe.remove();
  const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgb(${red},${green},${blue})`;
}

function whisker(paint) {
  return (params, api) => {
    const [x, low] = api.coord([api.value(0), api.value(1)]);
    const high = api.coord([api.value(0), api.value(2)])[1];
    const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: paint, lineWidth: 1.25 } });
    return { type: "group", children: [line(x, low, x, high), line(x - 4, low, x + 4, low), line(x - 4, high, x + 4, high)] };
  };
}

function range(data) {
  const numbers = data.points.flatMap((point) => [point.value, point.low, point.high]);
  numbers.push(...data.limits.map((limit) => limit.at));
  const known = numbers.filter((number) => Number.isFinite(number));
  const low = Math.min(...known);
  const high = Math.max(...known);
  const air = (high - low || Math.abs(high) || 1) * 0.18;
  return [low >= 0 ? Math.max(0, low - air) : low - air, high + air];
}

// A time axis around one moment shows whole days; left alone it falls back to decades.
function span(data) {
  const day = 86400000;
  const moments = [...data.points, ...(data.marks ?? [])].map((point) => point.at);
  const first = Math.min(...moments);
  const last = Math.max(...moments);
  const air = Math.max((last - first) * 0.04, 2 * day);
  return [first - air, last + air];
}

function option(data, number, dayOf) {
  const ink = colour("--ink-2");
  const font = getComputedStyle(document.body).fontFamily;
  const [min, max] = range(data);
  const [from, to] = span(data);
  const text = { color: ink, fontFamily: font, fontSize: 12 };
  return {
    animation: false,
    grid: { left: 8, right: 14, top: 22, bottom: 4, containLabel: true },
    textStyle: text,
    tooltip: {
      trigger: "item",
      renderMode: "richText",
      backgroundColor: colour("--raised"),
      borderColor: colour("--line"),
      textStyle: { ...text, color: colour("--ink") },
      formatter: ({ value: [, , point] }) => `${point.day}\n${point.label}\n${point.verdict_word}`,
    },
    xAxis: {
      type: "time",
      axisLine: { lineStyle: { color: colour("--line-strong") } },
      axisTick: { show: false },
      axisLabel: { ...text, hideOverlap: true, formatter: (at) => dayOf.format(at) },
      minInterval: 86400000,
      min: from,
      max: to,
    },
    yAxis: {
      type: "value",
      min,
      max,
      axisLabel: { ...text, showMinLabel: false, showMaxLabel: false, formatter: (value) => number.format(value) },
      splitLine: { showMinLine: false, showMaxLine: false, lineStyle: { color: colour("--line") } },
    },
    series: [
      {
        type: "custom",
        renderItem: whisker(ink),
        data: data.points.filter((p) => p.low !== null && p.high !== null).map((p) => [p.at, p.low, p.high]),
        silent: true,
        z: 3,
      },
      {
        type: "line",
        data: data.points.filter((point) => point.value !== null).map((point) => ({
          value: [point.at, point.value, point],
          symbol: SYMBOLS[point.verdict],
          symbolSize: point.verdict === "FAIL" ? 13 : 10,
          itemStyle: { color: colour(TONES[point.verdict]), borderWidth: point.verdict === "INCONCLUSIVE" ? 2 : 0 },
        })),
        lineStyle: { color: colour("--accent"), width: 2 },
        emphasis: { disabled: true },
        z: 4,
        markLine: {
          silent: true,
          symbol: "none",
          lineStyle: { color: colour("--bad"), type: [5, 4], width: 1.5 },
          label: { ...text, color: colour("--bad"), position: "insideStartTop", formatter: ({ name }) => name },
          data: [
            ...data.limits.map((limit) => ({ yAxis: limit.at, name: limit.label })),
            ...(data.marks ?? []).map((mark) => ({
              xAxis: mark.at,
              name: mark.label,
              lineStyle: { color: colour("--line-strong"), type: "solid", width: 1 },
              label: { color: ink, position: "insideEndTop", rotate: 0 },
            })),
          ],
        },
      },
    ],
  };
}

function draw(box) {
  const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const language = document.documentElement.lang || "en";
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  const dayOf = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { day: "numeric", month: "short", timeZone: "UTC" });
  const chart = drawn.get(box) ?? echarts.init(box, null, { renderer: "svg" });
  drawn.set(box, chart);
  chart.setOption(option(data, number, dayOf), true);
  box.dataset.drawn = "yes";
}

for (const box of document.querySelectorAll("[data-chart]")) {
  draw(box);
  new ResizeObserver(() => drawn.get(box).resize()).observe(box);
}

const redraw = () => drawn.forEach((chart, box) => draw(box));
document.addEventListener("themechange", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
