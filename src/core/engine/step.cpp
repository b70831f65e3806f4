// SPDX-License-Identifier: Apache-2.0
#include "core/engine/step.hpp"

namespace switchhook::core {

void Step::reply(api::AppId app, api::RequestId number, Result<api::Value>&& result) {
  ToAppReply& output = put<ToAppReply>();
  output.app = app;
  output.reply.request = number;
  output.reply.result = std::move(result);
}

void Step::accept(const Ask& ask) {
  ToAppReply& output = put<ToAppReply>();
  output.app = ask.app.id;
  output.reply.request = ask.number;
  output.reply.accepted_only = true;
}

void Step::fail(const Ask& ask, Errc code, std::string context) {
  reply(ask.app.id, ask.number, {code, std::move(context)});
}

void Step::line_changed(Line& line, api::LineChange what, std::uint32_t count, const Opening* but) {
  line.openings.for_each([&](Opening& opening) {
    if (&opening != but) event(*opening.app, api::LineChanged{opening.id, what, count});
  });
}

}  // namespace switchhook::core
