// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/page.h"

#include "firmware/app/session.h"
#include "firmware/status/html.h"

namespace holdfast::app {

namespace {

constexpr std::string_view kStyle = R"(
body { font: 10.5pt/1.45 "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #111;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #999; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; break-after: avoid; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .15rem .6rem .15rem 0;
  border-bottom: 1px solid #ddd; unicode-bidi: isolate; overflow-wrap: anywhere; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
tfoot td { font-weight: bold; border-top: 2px solid #111; }
.count { text-align: right; font-variant-numeric: tabular-nums; width: 9rem; }
.sums { max-width: 34rem; }
.failure { border-left: .4rem solid #b00020; padding-left: .6rem; }
.warning { border-left: .4rem solid #b26a00; padding-left: .6rem; }
.good { border-left: .4rem solid #1b7f3b; padding-left: .6rem; }
@media print { body { margin: 0; max-width: none; } }
@page { margin: 15mm; }
)";

}  // namespace

void Page::begin(const std::string& title) {
  const bool is_chinese = session_.language() == messages::Language::chinese;
  html_ += "<!DOCTYPE html>\n<html lang=\"" + std::string(is_chinese ? "zh-CN" : "en") +
           "\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" "
           "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
  element("title", title);
  html_ += "<style>" + std::string(kStyle) + "</style>\n</head>\n<body>\n";
  element("h1", title);
}

void Page::element(const char* tag, const std::string& text) {
  html_ += "<" + std::string(tag) + ">" + status::escape_html(text) + "</" + tag + ">\n";
}

void Page::cells(const char* tag, const std::vector<std::string>& texts, std::size_t counts_from) {
  html_ += "<tr>";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    html_ += "<" + std::string(tag) + (i >= counts_from ? " class=\"count\">" : ">") +
             status::escape_html(texts[i]) + "</" + tag + ">";
  }
  html_ += "</tr>\n";
}

void Page::open_table(const std::vector<std::string>& titles, std::size_t counts_from) {
  html_ += "<table>\n<thead>";
  cells("th", titles, counts_from);
  html_ += "</thead>\n<tbody>\n";
}

void Page::close_table() {
  html_ += "</tbody>\n</table>\n";
}

Result<void> Page::write() {
  html_ += "</body>\n</html>\n";
  return session_.output().write(html_);
}

}  // namespace holdfast::app
