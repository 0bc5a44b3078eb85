// Charts as SVG from data in the page: <div data-chart="id-of-json-script"></div>. Loaded only where a page has one.
import { BarChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

echarts.use([
  AriaComponent, BarChart, GridComponent, LegendComponent, LineChart, MarkLineComponent, PieChart, ScatterChart,
  SVGRenderer, TooltipComponent,
]);

function draw(element) {
  if (echarts.getInstanceByDom(element)) return;
  const option = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const chart = echarts.init(element, null, { renderer: "svg" });
  chart.setOption({
    aria: { enabled: true },
    animation: !still,
    ...option,
    tooltip: { renderMode: "richText", ...option.tooltip }, // an HTML tooltip would need inline styles
  });
  new ResizeObserver(() => chart.resize()).observe(element);
}

function drawAll(root) {
  root.querySelectorAll("[data-chart]").forEach(draw);
}

drawAll(document);
document.addEventListener("htmx:after:swap", () => drawAll(document));
