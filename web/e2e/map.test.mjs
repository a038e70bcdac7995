// The map page in a browser, against the hub at HUB_URL: a province in which half of
// the reservoirs have been known for three days, the others for a moment.
// Run by TestMapInBrowser in cmd/hub. SHOTS=folder keeps what it sees.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const hub = process.env.HUB_URL;
const operations = "hub_live_province_demo-key-of-operations";
const dam = { id: "dam:TA_TRACH", label: "Hồ Tả Trạch" };
const wide = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

let browser;
before(async () => {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const executablePath = names.flatMap((n) => process.env.PATH.split(":").map((dir) => `${dir}/${n}`)).find(existsSync);
  assert.ok(executablePath, "no Chromium: scripts/deps.sh test installs it");
  const args = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
  browser = await chromium.launch({ executablePath, args: args.split(" ") });
});
after(() => browser?.close());

/** A page that notes what must not be: errors, and requests to other hosts. */
async function open(hash = "", viewport = wide) {
  const context = await browser.newContext({ viewport, hasTouch: viewport === phone, locale: "vi-VN" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const wrong = [];
  const tiles = [];
  page.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
  page.on("pageerror", (e) => wrong.push(e.message));
  page.on("request", (r) => {
    if (!/^(data|blob):/.test(r.url()) && new URL(r.url()).origin !== new URL(hub).origin) wrong.push(`asked ${r.url()}`);
    if (r.url().includes(".mvt")) tiles.push(r);
  });
  await page.goto(`${hub}/map${hash}`);
  await page.locator('.canvas-map[aria-busy="false"]').waitFor();
  return { page, wrong, tiles, close: () => context.close() };
}

async function ask(query, variables, key = operations) {
  const response = await fetch(`${hub}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(key && { "X-Api-Key": key }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  return data;
}

/** The figure that a row shows, as a number. */
const shown = async (row) => Number((await row.locator(".count").innerText()).replace(/\D/g, ""));

async function shoot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
}

test("all layers are listed with their counts, and tiles are asked for with the key", async () => {
  const { page, wrong, tiles, close } = await open();
  const { layers, alerts } = await ask("{ layers { field count title } alerts(filter: {active: true}) { totalCount } }");
  for (const { field, count, title } of layers) {
    const row = page.locator(`.layers [data-layer=${field}]`);
    await row.getByText(title, { exact: true }).waitFor();
    assert.equal(await shown(row), field === "alerts" ? alerts.totalCount : count, field);
  }
  assert.ok(tiles.length > 0);
  for (const tile of tiles) assert.equal(tile.headers()["x-api-key"], operations);

  const asked = page.waitForRequest(/\/tiles\/zones\/.*\.mvt/);
  await page.getByRole("checkbox", { name: /^Vùng, ranh giới/ }).check();
  await asked;
  assert.match(page.url(), /layers=[a-zA-Z,]*zones/);
  await shoot(page, "wide");
  assert.deepEqual(wrong, []);
  await close();
});

test("a click on a reservoir shows its card, masked fields said", async () => {
  const { dam: known } = await ask('{ dam(id: "dam:TA_TRACH") { position { lon lat } levelM } }');
  const at = `#map=12/${known.position.lat}/${known.position.lon}&layers=dams`;
  const { page, wrong, close } = await open(at);
  await page.locator(".maplibregl-canvas").click();
  const card = page.getByRole("region", { name: dam.label });
  await card.waitFor();
  const text = await card.innerText();
  assert.match(text, /Mực nước hồ/);
  assert.ok(text.includes(`${known.levelM.toLocaleString("vi-VN", { maximumFractionDigits: 2 })} m`), text);
  assert.match(page.url(), /feature=dam:TA_TRACH/);
  await shoot(page, "card");

  await page.getByLabel("Xem với vai trò").selectOption({ label: "Công chúng (không khoá)" });
  await card.getByText("Không mở cho vai trò này").waitFor();
  assert.match(await card.locator(".masked").innerText(), /Cao trình đỉnh đập/);
  assert.deepEqual(wrong, []);
  await close();
});

test("what is closed to the public is not asked for on its behalf", async () => {
  const { page, wrong, tiles, close } = await open();
  tiles.length = 0;
  await page.getByLabel("Xem với vai trò").selectOption("");
  await page.locator(".layers .faint", { hasText: "lớp khác không mở" }).waitFor();
  assert.equal(await page.locator("[data-layer=securityIncidents]").count(), 0);
  const asked = page.waitForRequest((r) => r.url().includes(".mvt") && !r.headers()["x-api-key"]);
  await page.getByRole("button", { name: "Bật hết" }).click();
  await asked;
  await page.locator('.canvas-map[aria-busy="false"]').waitFor();
  assert.ok(tiles.every((t) => !t.url().includes("securityIncidents")));
  assert.deepEqual(wrong, []);
  await close();
});

test("search finds without accents, by the keyboard alone", async () => {
  const { page, wrong, close } = await open();
  const box = page.getByRole("combobox", { name: /^Tìm/ });
  await box.fill("ta trach");
  await page.getByRole("option", { name: dam.label }).waitFor();
  const titles = await page.getByRole("option").allInnerTexts();
  for (let i = titles.findIndex((t) => t.startsWith(dam.label)); i > 0; i--) await box.press("ArrowDown");
  await box.press("Enter");
  await page.getByRole("region", { name: dam.label }).waitFor();
  await shoot(page, "search");
  assert.deepEqual(wrong, []);
  await close();
});

test("Enter on the map shows what is in the middle", async () => {
  const { dam: known } = await ask('{ dam(id: "dam:TA_TRACH") { position { lon lat } } }');
  const { page, close } = await open(`#map=12/${known.position.lat}/${known.position.lon}&layers=dams`);
  await page.locator(".maplibregl-canvas").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: dam.label }).waitFor();
  await close();
});

test("a box is counted as GraphQL counts it", async () => {
  const { page, wrong, close } = await open("#layers=alerts,cameras,dams,reports,zones");
  const asked = page.waitForRequest((r) => r.postData()?.includes("query Box") ?? false);
  await page.getByRole("button", { name: "Chọn vùng" }).click();
  await page.mouse.move(640, 220);
  await page.mouse.down();
  await page.mouse.move(900, 480, { steps: 4 });
  await page.mouse.up();
  const { bbox } = (await asked).postDataJSON().variables;
  const counts = page.locator(".counts li");
  await counts.first().waitFor();
  await shoot(page, "box");

  const area = "area: {bbox: $bbox}";
  const want = await ask(
    `query ($bbox: BBox!) { alerts(${area}, filter: {active: true}) { totalCount } cameras(${area}) { totalCount }
      dams(${area}) { totalCount } reports(${area}) { totalCount } zones(${area}) { totalCount } }`,
    { bbox },
  );
  let all = 0;
  for (const [field, { totalCount }] of Object.entries(want)) {
    assert.equal(await shown(page.locator(`.counts [data-layer=${field}]`)), totalCount, field);
    all += totalCount;
  }
  assert.ok(want.reports.totalCount > 100 && want.dams.totalCount > 0, JSON.stringify(want));
  const title = await page.locator(".selection h2").innerText();
  assert.equal(Number(title.split(" ")[0].replace(/\D/g, "")), all);

  await page.locator(".selection .also button").first().click();
  await page.locator(".sheet dl").first().waitFor();
  assert.deepEqual(wrong, []);
  await close();
});

test("the slider takes tiles and figures back to a moment", async () => {
  const { page, wrong, tiles, close } = await open("#layers=dams");
  const row = page.locator(".layers [data-layer=dams]");
  await row.getByText("22", { exact: true }).waitFor();
  const asked = page.waitForRequest(/\/tiles\/dams\/.*asOf=/);
  const slider = page.getByRole("slider", { name: "Thời điểm" });
  await slider.focus();
  for (let i = 0; i < 24; i++) await slider.press("ArrowLeft");
  const asOf = new URL((await asked).url()).searchParams.get("asOf");
  const back = Date.now() - Date.parse(asOf);
  assert.ok(back > 22 * 3600e3 && back < 26 * 3600e3, asOf);
  await row.getByText("11", { exact: true }).waitFor();
  const { dams } = await ask("query ($asOf: DateTime) { dams(asOf: $asOf) { totalCount } }", { asOf });
  assert.equal(dams.totalCount, 11);
  assert.match(page.url(), /asOf=/);
  await shoot(page, "past");

  tiles.length = 0;
  const again = page.waitForRequest(/\/tiles\/dams\/[\d/]*\.mvt$/);
  await page.getByRole("button", { name: "Về hiện tại" }).click();
  await again;
  await row.getByText("22", { exact: true }).waitFor();
  assert.deepEqual(wrong, []);
  await close();
});

test("a key that is not good is said in words, with what to do", async () => {
  const { page, close } = await open();
  await page.getByLabel("Xem với vai trò").selectOption({ label: "Khoá riêng…" });
  await page.getByLabel("Khoá X-Api-Key").fill("hub_live_nobodyyy_known-nowhere");
  await page.getByLabel("Khoá X-Api-Key").press("Enter");
  const notice = page.getByRole("alert").first();
  await notice.getByText("Chọn vai trò khác, hoặc nhập lại khoá.").waitFor();
  await shoot(page, "refused");
  await close();
});

test("in English, on a phone", async () => {
  const { dam: known } = await ask('{ dam(id: "dam:TA_TRACH") { position { lon lat } } }');
  const { page, wrong, close } = await open(`#map=11/${known.position.lat}/${known.position.lon}&layers=dams`, phone);
  await page.getByRole("button", { name: "English" }).tap();
  await page.getByPlaceholder("Find places").waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await page.getByRole("button", { name: "Open the layers" }).tap();
  await page.getByText("Reservoirs and dams", { exact: true }).waitFor();
  await shoot(page, "phone-layers");
  await page.getByRole("button", { name: "Close" }).tap();
  await page.locator(".maplibregl-canvas").tap();
  const card = page.getByRole("region", { name: "Ta Trach Reservoir" });
  await card.getByText("Operating state").waitFor();
  await shoot(page, "phone-card");
  const { x, width } = await card.boundingBox();
  assert.ok(x >= 0 && x + width <= phone.width);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), phone.width);

  await card.getByRole("button", { name: "Close" }).tap();
  await page.getByRole("button", { name: "Open the layers" }).tap();
  await page.getByRole("button", { name: "Select an area" }).tap();
  await page.getByText("Drag a box on the map").waitFor();
  await shoot(page, "phone-boxing");
  const finger = await page.context().newCDPSession(page);
  const touch = (type, ...touchPoints) => finger.send("Input.dispatchTouchEvent", { type, touchPoints });
  await touch("touchStart", { x: 60, y: 250 });
  await touch("touchMove", { x: 200, y: 400 });
  await touch("touchMove", { x: 330, y: 600 });
  await touch("touchEnd");
  await page.getByText(/^Features in the box: \d+$/).waitFor();
  await shoot(page, "phone-box");
  assert.deepEqual(wrong, []);
  await close();
});
