// SPDX-License-Identifier: Apache-2.0
// The frame around all pages: who is in, where one can go, language and colours.
import { type ComponentType, render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { change, loadSession, session } from "./api";
import { time, zone } from "./format";
import { useLost } from "./live";
import { type Right, useRight } from "./parts";
import { AccountsPage } from "./pages/accounts";
import { AlertsPage } from "./pages/alerts";
import { AuditPage } from "./pages/audit";
import { BusinessesPage } from "./pages/businesses";
import { CallsPage } from "./pages/calls";
import { DisksPage } from "./pages/disks";
import { ExportsPage } from "./pages/exports";
import { LoginPage } from "./pages/login";
import { RetentionPage } from "./pages/retention";
import { SettingsPage } from "./pages/settings";
import { SnapshotsPage } from "./pages/snapshots";
import { StatisticsPage } from "./pages/statistics";
import { StatusPage } from "./pages/status";
import { SyncPage } from "./pages/sync";
import { TasksPage } from "./pages/tasks";
import { VerificationPage } from "./pages/verification";
import { link, useRoute } from "./route";
import { useSignal } from "./signal";
import { language, loadWords, setLanguage, t } from "./words";

const kPages: { page: string; right: Right; component: ComponentType }[] = [
  { page: "status", right: "look", component: StatusPage },
  { page: "alerts", right: "look", component: AlertsPage },
  { page: "tasks", right: "look", component: TasksPage },
  { page: "businesses", right: "look", component: BusinessesPage },
  { page: "snapshots", right: "look", component: SnapshotsPage },
  { page: "calls", right: "find", component: CallsPage },
  { page: "verification", right: "hear", component: VerificationPage },
  { page: "statistics", right: "look", component: StatisticsPage },
  { page: "disks", right: "look", component: DisksPage },
  { page: "exports", right: "hear", component: ExportsPage },
  { page: "sync", right: "look", component: SyncPage },
  { page: "retention", right: "hear", component: RetentionPage },
  { page: "audit", right: "hear", component: AuditPage },
  { page: "accounts", right: "look", component: AccountsPage },
  { page: "settings", right: "look", component: SettingsPage },
];

const kThemeKept = "holdfast-theme";
const kStartAgain_ms = 2000;

function setTheme(theme: string) {
  localStorage.setItem(kThemeKept, theme);
  document.documentElement.dataset["theme"] = theme;
}

function NavLink(props: { page: string; right: Right; isHere: boolean }) {
  const may = useRight(props.right);
  if (!may) return null;
  return (
    <a href={link(props.page)} aria-current={props.isHere ? "page" : undefined}>
      {t(`web.page.${props.page}`)}
    </a>
  );
}

function Tools() {
  const tongue = useSignal(language);
  const isDark = () => document.documentElement.dataset["theme"] === "dark";
  return (
    <div class="tools">
      <button type="button" onClick={() => setLanguage(tongue === "en" ? "zh-CN" : "en")}>
        {tongue === "en" ? "中文" : "English"}
      </button>
      <button type="button" onClick={() => setTheme(isDark() ? "light" : "dark")}>
        {t("web.theme")}
      </button>
      {session.value?.account && (
        <button
          type="button"
          onClick={async () => {
            await change("DELETE", "/session").catch(() => undefined);
            await loadSession();
          }}
        >
          {t("web.login.leave", { account: session.value.account })}
        </button>
      )}
    </div>
  );
}

// Above every page: what stands on it is no longer known to be so.
function Lost() {
  const since = useLost();
  return (
    <div role="alert">
      {since !== null && <p class="lost">{t("web.lost", { time: time(since.toISOString(), true) })}</p>}
    </div>
  );
}

function App() {
  useSignal(language);
  const who = useSignal(session);
  const route = useRoute();
  const here = kPages.find(({ page }) => page === route.page) ?? kPages[0]!;
  useEffect(() => {
    document.title = `${t(`web.page.${here.page}`)} · Holdfast`;
  });
  const title = useRef<HTMLHeadingElement>(null);
  const shown = useRef(here);
  // Who goes by keys or hears the pages is led to the page that was asked for.
  useEffect(() => {
    if (shown.current !== here) title.current?.focus();
    shown.current = here;
  }, [here]);
  if (who?.account == null) {
    return (
      <>
        <Tools />
        <LoginPage />
      </>
    );
  }
  const Page = here.component;
  return (
    <>
      <a class="skip" href="#main">
        {t("web.skip")}
      </a>
      <header>
        <strong class="brand">Holdfast</strong>
        <nav aria-label={t("web.pages")}>
          {kPages.map((each) => (
            <NavLink key={each.page} {...each} isHere={each === here} />
          ))}
        </nav>
        <Tools />
      </header>
      <Lost />
      <main id="main">
        <h1 ref={title} tabIndex={-1}>
          {t(`web.page.${here.page}`)}
        </h1>
        <Page />
      </main>
      <footer class="quiet">{t("web.zone", { zone: zone() })}</footer>
    </>
  );
}

const kept = localStorage.getItem(kThemeKept);
const isDarkWanted = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset["theme"] = kept ?? (isDarkWanted ? "dark" : "light");

// While the box does not answer there are no words to say so in: it is asked again.
async function start(): Promise<void> {
  try {
    await Promise.all([loadWords(), loadSession()]);
  } catch {
    setTimeout(start, kStartAgain_ms);
    return;
  }
  render(<App />, document.getElementById("app")!);
}
void start();
