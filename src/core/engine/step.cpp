// SPDX-License-Identifier: Apache-2.0
#include "core/engine/step.hpp"

#include <map>
#include <utility>

#include "base/limits.hpp"

namespace switchhook::core {

api::Reply& Step::reply(api::AppId app, api::RequestId number) {
  ToAppReply& output = put<ToAppReply>();
  output.app = app;
  output.reply.request = number;
  return output.reply;
}

void Step::fail(const Ask& ask, Errc code, std::string context) {
  reply(ask.app.id, ask.number).result = Error{code, std::move(context)};
}

void Step::line_changed(Line& line, api::LineChange what, std::uint32_t count, const App* but) {
  const api::AppId who = but != nullptr ? but->id : api::AppId{};
  for (LineNews& known : world.line_news)
    if (known.line == &line && known.what == what && known.but == who) {
      known.count = count;  // what it is at the end of the step
      return;
    }
  world.line_news.push_back({&line, what, count, who});
}

void Step::tell_line_changes() {
  std::size_t announcements = 0;
  for (const LineNews& news : world.line_news) announcements += news.line->programs.size();
  std::map<api::AppId, std::pair<const App*, std::uint64_t>> missed;
  for (const LineNews& news : world.line_news)
    for (const auto& [id, program] : news.line->programs) {
      if (id == news.but) continue;
      const App& app = *program.first->app;
      if (announcements <= limits::kAnnouncements) {
        event(app, api::LineChanged{program.first->id, news.what, news.count});
      } else {
        missed[id].first = &app;
        ++missed[id].second;
      }
    }
  world.line_news.clear();
  for (const auto& [id, each] : missed) event(*each.first, api::EventsLost{each.second});
}

}  // namespace switchhook::core
