// SPDX-License-Identifier: Apache-2.0
// FlatBuffers to values of the port. The buffer is verified as a whole first; after that every
// table may still lack any part, and every number may still be out of range.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/limits.hpp"
#include "rpc/codec.hpp"
#include "rpc/wire.hpp"

namespace switchhook::rpc {
namespace {

namespace fb = flatbuffers;

/// What may still be made of the bytes that came: a buffer can name one part many times.
class Budget {
 public:
  explicit Budget(std::size_t bytes)
      : left_(std::min(bytes * limits::kDecodedPerByte, limits::kDecodedBytes)) {}
  /// False when it is not left; nothing is left then.
  [[nodiscard]] bool take(std::size_t count, std::size_t size) {
    const bool enough = count <= left_ / size;
    left_ = enough ? left_ - count * size : 0;
    return enough;
  }

 private:
  std::size_t left_;
};

/// Reads verified tables. What is wrong is remembered; what was read is then not used.
class Reader {
 public:
  /// @param size  of the whole buffer
  explicit Reader(std::size_t size) : budget_(size) {}
  [[nodiscard]] bool exhausted() const { return exhausted_; }
  [[nodiscard]] std::optional<Error> take_objection() { return std::move(objection_); }

  // ---- parts

  std::string text(const fb::String* value) {
    if (value == nullptr || !afford(value->size(), 1)) return {};
    return {value->c_str(), value->size()};
  }
  UserInfo bytes(const fb::Vector<std::uint8_t>* value) {
    if (value == nullptr || !afford(value->size(), 1)) return {};
    return {value->begin(), value->end()};
  }
  static Moment moment(const wire::Moment* at) {
    if (at == nullptr) return {};
    return {std::chrono::nanoseconds(at->monotonic_ns()), std::chrono::microseconds(at->wall_us())};
  }
  template <typename To, typename From>
  To as(From value, const char* field) {
    if (value > From::MAX) object(field);
    return static_cast<To>(static_cast<std::uint8_t>(value));
  }
  Privilege privilege(wire::Privilege value) {
    switch (value) {
      case wire::Privilege::none:
      case wire::Privilege::monitor:
      case wire::Privilege::owner:
        return static_cast<Privilege>(static_cast<std::uint8_t>(value));
      default:
        object("privilege");
        return Privilege::none;
    }
  }
  /// The members of a list may not be absent.
  /// @param most   so many members, or it is not read; 0 = as the budget allows
  template <typename List, typename Read>
  auto list(const List* from, Read read, std::size_t most = 0, const char* field = "")
      -> std::vector<decltype(read(from->Get(0)))> {
    std::vector<decltype(read(from->Get(0)))> out;
    if (from == nullptr) return out;
    if (most != 0 && from->size() > most) {
      object({Errc::malformed, too_many(field, from->size(), most, "entries")});
      return out;
    }
    if (!afford(from->size(), sizeof *out.data())) return out;
    out.reserve(from->size());
    for (fb::uoffset_t i = 0; i < from->size() && !exhausted_; ++i)
      out.push_back(read(from->Get(i)));
    return out;
  }

  Cause cause(const wire::Cause* c) {
    if (c == nullptr) return {};
    return {as<DisconnectMode>(c->mode(), "cause.mode"), c->sip_status(), c->q850(),
            text(c->words())};
  }
  Error error(const wire::Error* e) {
    if (e == nullptr) return {Errc::failed, {}};
    return {static_cast<Errc>(e->code()), text(e->context())};
  }
  Party party(const wire::Party* p) {
    if (p == nullptr) return {};
    return {text(p->address()), text(p->name())};
  }
  LineInfo line_info(const wire::LineInfo* i) {
    if (i == nullptr) return {};
    return {.id = i->id(),
            .name = text(i->name()),
            .address = text(i->address()),
            .provider = text(i->provider()),
            .media_modes = i->media_modes(),
            .in_service = i->in_service(),
            .removed = i->removed(),
            .status = text(i->status()),
            .calls_max = i->calls_max(),
            .user_info_max = i->user_info_max()};
  }
  End end(const wire::End& e) {
    return {.origin = as<EndOrigin>(e.origin(), "end.origin"),
            .cause = cause(e.cause()),
            .at = moment(e.at()),
            .confirmation = as<Confirmation>(e.confirmation(), "end.confirmation"),
            .confirmed_after = std::chrono::microseconds(e.confirmed_after_us()),
            .sent_times = e.sent_times(),
            .returned_after = std::chrono::microseconds(e.returned_after_us()),
            .released = counts<ResourceCounts>(e.released(), "end.released")};
  }
  /// Absent numbers are zero.
  template <typename Counts, typename List>
  Counts counts(const List* from, const char* field) {
    Counts out{};
    if (from == nullptr) return out;
    if (from->size() > out.size()) {
      object(field);
      return out;
    }
    std::copy(from->begin(), from->end(), out.begin());
    return out;
  }
  DurationCounts durations(const fb::Vector<std::uint64_t>* from) {
    return {counts<decltype(DurationCounts::counts)>(from, "end_times")};
  }
  EndTimes end_times(const wire::EndTimes* t) {
    if (t == nullptr) return {};
    return {durations(t->acknowledged()), durations(t->returned()), durations(t->released()),
            t->unacknowledged()};
  }
  HolderRecord holder(const wire::HolderRecord* h) {
    if (h == nullptr) return {};
    HolderRecord out{.application = text(h->application()),
                     .user = text(h->user()),
                     .process = h->process(),
                     .privilege = privilege(h->privilege()),
                     .acquired = moment(h->acquired()),
                     .released = {}};
    if (h->released() != nullptr) out.released = moment(h->released());
    return out;
  }
  static MediaStatistics media(const wire::MediaStatistics* m) {
    if (m == nullptr) return {};
    return {.packets_sent = m->packets_sent(),
            .packets_received = m->packets_received(),
            .packets_lost = m->packets_lost(),
            .bytes_sent = m->bytes_sent(),
            .bytes_received = m->bytes_received(),
            .jitter_us = m->jitter_us()};
  }
  Record record(const wire::Record* r) {
    Record out;
    if (r == nullptr) return out;
    out.session = r->session();
    out.call_id = r->call_id();
    out.related_call_id = r->related_call_id();
    out.line = text(r->line());
    out.provider = text(r->provider());
    out.provider_call_id = text(r->provider_call_id());
    out.direction = as<Direction>(r->direction(), "record.direction");
    out.media_modes = r->media_modes();
    out.parties = {party(r->calling()), party(r->called()), party(r->connected()),
                   party(r->redirecting()), party(r->redirection())};
    out.state = as<CallState>(r->state(), "record.state");
    out.detail = r->detail();
    const auto* steps = r->timeline();
    // Of a vector of structs the verifier checks the place of its length only.
    if (steps != nullptr && steps->size() != 0 &&
        reinterpret_cast<std::uintptr_t>(steps->Data()) % alignof(wire::TimelineEntry) != 0) {
      object("record.timeline");
    } else {
      out.timeline = list(
          steps,
          [this](const wire::TimelineEntry* step) {
            return TimelineEntry{as<CallState>(step->state(), "timeline.state"), step->detail(),
                                 moment(&step->at())};
          },
          limits::kListEntries, "record.timeline");
    }
    if (r->end() != nullptr) out.end = end(*r->end());
    out.user_info_received = bytes(r->user_info_received());
    out.user_info_sent = bytes(r->user_info_sent());
    out.app_specific = r->app_specific();
    out.application = text(r->application());
    out.comment = text(r->comment());
    out.holders = list(
        r->holders(), [this](const wire::HolderRecord* who) { return holder(who); },
        limits::kListEntries, "record.holders");
    out.media_statistics = media(r->media_statistics());
    return out;
  }

  // ---- commands

  template <typename Table>
  api::CallId call(const Table& c) {
    return {c.call()};
  }
  api::Command command(const wire::ListLines&) { return api::ListLines{}; }
  api::Command command(const wire::OpenLine& c) {
    return api::OpenLine{c.line(), c.privileges(), c.media_modes(), c.api_version()};
  }
  api::Command command(const wire::CloseLine& c) { return api::CloseLine{{c.open()}}; }
  api::Command command(const wire::GetLineStatus& c) { return api::GetLineStatus{c.line()}; }
  api::Command command(const wire::MakeCall& c) {
    return api::MakeCall{.open = {c.open()},
                         .address = text(c.address()),
                         .no_answer_timeout = std::chrono::milliseconds(c.no_answer_timeout_ms()),
                         .length_limit = std::chrono::milliseconds(c.length_limit_ms()),
                         .media_modes = c.media_modes(),
                         .calling = party(c.calling()),
                         .called_party = text(c.called_party()),
                         .comment = text(c.comment()),
                         .user_info = bytes(c.user_info()),
                         .app_specific = c.app_specific(),
                         .site = text(c.site())};
  }
  api::Command command(const wire::AcceptCall& c) {
    return api::AcceptCall{call(c), bytes(c.user_info()), text(c.site())};
  }
  api::Command command(const wire::AnswerCall& c) {
    return api::AnswerCall{call(c), bytes(c.user_info()), text(c.site())};
  }
  api::Command command(const wire::DropCall& c) {
    return api::DropCall{call(c), as<DropReason>(c.reason(), "reason"), bytes(c.user_info())};
  }
  api::Command command(const wire::ReleaseCall& c) { return api::ReleaseCall{call(c)}; }
  api::Command command(const wire::HoldCall& c) { return api::HoldCall{call(c)}; }
  api::Command command(const wire::UnholdCall& c) { return api::UnholdCall{call(c)}; }
  api::Command command(const wire::TransferCall& c) {
    return api::TransferCall{call(c), text(c.address()), api::CallId{c.with()}};
  }
  api::Command command(const wire::SetPrivilege& c) {
    return api::SetPrivilege{call(c), privilege(c.privilege())};
  }
  api::Command command(const wire::HandOff& c) {
    return api::HandOff{call(c), text(c.application()), c.media_mode()};
  }
  api::Command command(const wire::SetAppSpecific& c) {
    return api::SetAppSpecific{call(c), c.value()};
  }
  api::Command command(const wire::MonitorDigits& c) {
    return api::MonitorDigits{call(c), c.modes()};
  }
  api::Command command(const wire::SendDigits& c) {
    return api::SendDigits{.call = call(c),
                           .digits = text(c.digits()),
                           .mode = c.mode(),
                           .duration = std::chrono::milliseconds(c.duration_ms()),
                           .tag = c.tag()};
  }
  api::Command command(const wire::ReleaseUserInfo& c) { return api::ReleaseUserInfo{call(c)}; }
  api::Command command(const wire::GetCall& c) { return api::GetCall{call(c)}; }
  api::Command command(const wire::GetNewCalls& c) {
    return api::GetNewCalls{{c.open()}, text(c.site())};
  }
  api::Command command(const wire::ListSessions& c) {
    return api::ListSessions{{c.after()}, c.limit()};
  }
  api::Command command(const wire::ListLeaks& c) { return api::ListLeaks{c.limit(), {c.after()}}; }
  api::Command command(const wire::Reclaim& c) { return api::Reclaim{call(c)}; }
  api::Command command(const wire::Restore& c) {
    return api::Restore{
        .openings = list(
            c.openings(),
            [this](const wire::OpeningToRestore* o) {
              return api::OpeningToRestore{.open = {o->open()},
                                           .line = text(o->line()),
                                           .privileges = o->privileges(),
                                           .media_modes = o->media_modes(),
                                           .api_version = o->api_version()};
            },
            limits::kLineOpenings, "openings"),
        .calls = list(
            c.calls(),
            [](const wire::CallToRestore* o) {
              return api::CallToRestore{{o->call()}, {o->open()}, {o->session()}, o->over()};
            },
            limits::kRestoredAtOnce, "calls")};
  }
  api::Command command(const wire::RunAudit&) { return api::RunAudit{}; }
  std::optional<EndOrigin> origin_of(const wire::RecordQuery& c) {
    if (!c.origin()) return std::nullopt;
    return as<EndOrigin>(*c.origin(), "origin");
  }
  api::Command command(const wire::RecordQuery& c) {
    return api::RecordQuery{.after_session = c.after_session(),
                            .line = text(c.line()),
                            .since_wall = std::chrono::microseconds(c.since_wall_us()),
                            .limit = c.limit(),
                            .newest_first = c.newest_first(),
                            .session = c.session(),
                            .until_wall = std::chrono::microseconds(c.until_wall_us()),
                            .party = text(c.party()),
                            .application = text(c.application()),
                            .provider = text(c.provider()),
                            .origin = origin_of(c),
                            .verify = c.verify()};
  }
  api::Command command(const wire::GetServiceStatus&) { return api::GetServiceStatus{}; }
  api::Command command(const wire::ShutDown&) { return api::ShutDown{}; }

  // ---- values

  api::Value value(const wire::LineList& v) {
    return api::LineList{list(v.lines(), [this](const wire::LineInfo* i) { return line_info(i); })};
  }
  api::Value value(const wire::OpenedLine& v) {
    return api::OpenedLine{{v.open()}, text(v.line())};
  }
  api::Value value(const wire::LineStatus& v) {
    return api::LineStatus{.info = line_info(v.info()),
                           .openings = v.openings(),
                           .active_calls = v.active_calls(),
                           .held_calls = v.held_calls(),
                           .held_pending_calls = v.held_pending_calls()};
  }
  api::Value value(const wire::MadeCall& v) { return api::MadeCall{call(v), {v.session()}}; }
  api::Value value(const wire::CallSnapshot& v) {
    return api::CallSnapshot{.call = call(v),
                             .open = {v.open()},
                             .line = v.line(),
                             .record = record(v.record()),
                             .privilege = privilege(v.privilege()),
                             .features = v.features(),
                             .owners = v.owners(),
                             .monitors = v.monitors(),
                             .monitored_digits = v.monitored_digits(),
                             .state_entered = moment(v.state_entered())};
  }
  template <typename Id>
  std::vector<Id> ids(const fb::Vector<std::uint64_t>* numbers) {
    // The verifier looks at where a list begins, not at where its first number lies.
    std::vector<Id> out;
    if (numbers == nullptr || !afford(numbers->size(), sizeof(Id))) return out;
    out.reserve(numbers->size());
    for (fb::uoffset_t i = 0; i < numbers->size(); ++i) {
      std::uint64_t number = 0;
      std::memcpy(&number, numbers->Data() + i * sizeof number, sizeof number);
      out.push_back(Id{fb::EndianScalar(number)});
    }
    return out;
  }
  api::Value value(const wire::CallList& v) {
    return api::CallList{ids<api::CallId>(v.calls()), ids<api::SessionId>(v.sessions())};
  }
  api::Value value(const wire::Restored& v) {
    return api::Restored{ids<api::OpenId>(v.lost_openings()), ids<api::CallId>(v.lost_calls())};
  }
  api::Value value(const wire::RecordPage& v) {
    return api::RecordPage{list(
                               v.records(), [this](const wire::Record* r) { return record(r); },
                               limits::kListEntries, "records"),
                           v.more(), v.checked(),
                           list(
                               v.damaged(), [this](const fb::String* each) { return text(each); },
                               limits::kListEntries, "damaged")};
  }
  api::Value value(const wire::LeakList& v) {
    return api::LeakList{list(
                             v.leaks(), [this](const wire::Leak* l) { return leak(*l); },
                             limits::kListEntries, "leaks"),
                         v.total(), v.more()};
  }
  api::Value value(const wire::Reclaimed& v) { return api::Reclaimed{v.count()}; }
  api::Value value(const wire::AuditReport& v) {
    return api::AuditReport{
        list(v.lines(),
             [this](const wire::LedgerLine* l) {
               return api::LedgerLine{as<Resource>(l->resource(), "ledger.resource"),
                                      text(l->holder()), l->booked(), l->found()};
             }),
        list(v.findings(), [this](const fb::String* finding) { return text(finding); })};
  }
  api::Value value(const wire::ServiceStatus& v) {
    return api::ServiceStatus{.version = text(v.version()),
                              .process = v.process(),
                              .up = std::chrono::seconds(v.up_s()),
                              .applications = v.applications(),
                              .lines = v.lines(),
                              .sessions_live = v.sessions_live(),
                              .sessions_held = v.sessions_held(),
                              .sessions_total = v.sessions_total(),
                              .records_written = v.records_written(),
                              .events_dropped = v.events_dropped(),
                              .late_events = v.late_events(),
                              .socket = text(v.socket()),
                              .store = text(v.store()),
                              .ends = end_times(v.ends()),
                              .heap_bytes = v.heap_bytes()};
  }

  // ---- events

  api::Event event(const wire::CallAppeared& e) {
    return api::CallAppeared{{e.open()}, call(e), privilege(e.privilege()), {e.session()}};
  }
  api::Event event(const wire::CallStateChanged& e) {
    api::CallStateChanged out{.call = call(e),
                              .state = as<CallState>(e.state(), "state"),
                              .detail = e.detail(),
                              .cause = {},
                              .origin = {},
                              .privilege = {},
                              .at = moment(e.at())};
    if (e.cause() != nullptr) out.cause = cause(e.cause());
    if (e.origin()) out.origin = as<EndOrigin>(*e.origin(), "origin");
    if (e.privilege() != wire::Privilege::unset) out.privilege = privilege(e.privilege());
    return out;
  }
  api::Event event(const wire::CallInfoChanged& e) {
    return api::CallInfoChanged{call(e), e.what()};
  }
  api::Event event(const wire::LineClosed& e) { return api::LineClosed{{e.open()}, text(e.why())}; }
  api::Event event(const wire::LineChanged& e) {
    return api::LineChanged{{e.open()}, as<api::LineChange>(e.what(), "what"), e.count()};
  }
  api::Event event(const wire::LineAppeared& e) { return api::LineAppeared{e.line()}; }
  api::Event event(const wire::LineRemoved& e) { return api::LineRemoved{e.line()}; }
  api::Event event(const wire::DigitReceived& e) {
    return api::DigitReceived{call(e), static_cast<char>(e.digit()), e.mode(), moment(e.at())};
  }
  api::Event event(const wire::DigitsSent& e) {
    return api::DigitsSent{call(e), e.cancelled(), e.tag(), moment(e.at())};
  }
  api::Event event(const wire::CallReclaimed& e) { return api::CallReclaimed{call(e)}; }
  api::Event event(const wire::EventsLost& e) { return api::EventsLost{e.count()}; }
  api::Event event(const wire::LeakLimitReached& e) {
    return api::LeakLimitReached{.held = e.held(),
                                 .oldest = {e.oldest()},
                                 .ended = moment(e.ended()),
                                 .by_age = e.by_age(),
                                 .action = as<LeakAction>(e.action(), "action")};
  }

 private:
  api::Leak leak(const wire::Leak& l) {
    return {.call = call(l),
            .session = l.session(),
            .line = text(l.line()),
            .application = text(l.application()),
            .user = text(l.user()),
            .process = l.process(),
            .privilege = privilege(l.privilege()),
            .state = as<CallState>(l.state(), "leak.state"),
            .acquired = moment(l.acquired()),
            .ended = moment(l.ended()),
            .bytes = l.bytes(),
            .client_bytes = l.client_bytes(),
            .provider_bytes = l.provider_bytes(),
            .connection = {l.connection()},
            .site = text(l.site())};
  }
  void object(const char* field) {
    object({Errc::malformed, std::string(field) + " has a value that does not exist"});
  }
  void object(Error error) {
    if (!objection_) objection_ = std::move(error);
  }
  /// Before so much is made.
  bool afford(std::size_t count, std::size_t size) {
    exhausted_ = exhausted_ || !budget_.take(count, size);
    return !exhausted_;
  }

  Budget budget_;
  bool exhausted_ = false;
  std::optional<Error> objection_;
};

const Error kTooMuch{Errc::malformed, "a frame that says more than a frame can hold"};
const Error kIllFormed{Errc::malformed, "a frame that is not well-formed"};
const Error kLacking{Errc::malformed, "a part of the message is missing"};

Frame read(const wire::Request& from, Reader& reader) {
  Request request{from.number(), kLacking};
  const void* what = from.command();
  if (what == nullptr) return request;
  switch (from.command_type()) {
#define SWITCHHOOK_COMMAND(name)                                             \
  case wire::Command::name:                                                  \
    request.command = reader.command(*static_cast<const wire::name*>(what)); \
    break;
    SWITCHHOOK_COMMAND(ListLines)
    SWITCHHOOK_COMMAND(OpenLine)
    SWITCHHOOK_COMMAND(CloseLine)
    SWITCHHOOK_COMMAND(GetLineStatus)
    SWITCHHOOK_COMMAND(MakeCall)
    SWITCHHOOK_COMMAND(AcceptCall)
    SWITCHHOOK_COMMAND(AnswerCall)
    SWITCHHOOK_COMMAND(DropCall)
    SWITCHHOOK_COMMAND(ReleaseCall)
    SWITCHHOOK_COMMAND(HoldCall)
    SWITCHHOOK_COMMAND(UnholdCall)
    SWITCHHOOK_COMMAND(TransferCall)
    SWITCHHOOK_COMMAND(Restore)
    SWITCHHOOK_COMMAND(SetPrivilege)
    SWITCHHOOK_COMMAND(HandOff)
    SWITCHHOOK_COMMAND(SetAppSpecific)
    SWITCHHOOK_COMMAND(MonitorDigits)
    SWITCHHOOK_COMMAND(SendDigits)
    SWITCHHOOK_COMMAND(ReleaseUserInfo)
    SWITCHHOOK_COMMAND(GetCall)
    SWITCHHOOK_COMMAND(GetNewCalls)
    SWITCHHOOK_COMMAND(ListSessions)
    SWITCHHOOK_COMMAND(ListLeaks)
    SWITCHHOOK_COMMAND(Reclaim)
    SWITCHHOOK_COMMAND(RunAudit)
    SWITCHHOOK_COMMAND(RecordQuery)
    SWITCHHOOK_COMMAND(GetServiceStatus)
    SWITCHHOOK_COMMAND(ShutDown)
#undef SWITCHHOOK_COMMAND
    default:
      request.command = Error{Errc::unsupported, "a command that this version does not know"};
      return request;
  }
  if (auto objection = reader.take_objection()) {
    objection->code = Errc::invalid_argument;
    request.command = std::move(*objection);
  } else if (Result<void> good = check(*request.command); !good) {
    request.command = good.error();
  }
  return request;
}

Frame read(const wire::Reply& from, Reader& reader) {
  api::Reply reply{from.number(), from.accepted_only(), api::Value{}};
  if (from.error() != nullptr) {
    reply.result = reader.error(from.error());
    return reply;
  }
  const void* what = from.value();
  if (from.value_type() == wire::Value::NONE) return reply;
  if (what == nullptr) {
    reply.result = kLacking;
    return reply;
  }
  switch (from.value_type()) {
#define SWITCHHOOK_VALUE(name)                                          \
  case wire::Value::name:                                               \
    reply.result = reader.value(*static_cast<const wire::name*>(what)); \
    break;
    SWITCHHOOK_VALUE(LineList)
    SWITCHHOOK_VALUE(OpenedLine)
    SWITCHHOOK_VALUE(LineStatus)
    SWITCHHOOK_VALUE(MadeCall)
    SWITCHHOOK_VALUE(CallSnapshot)
    SWITCHHOOK_VALUE(CallList)
    SWITCHHOOK_VALUE(RecordPage)
    SWITCHHOOK_VALUE(LeakList)
    SWITCHHOOK_VALUE(Reclaimed)
    SWITCHHOOK_VALUE(Restored)
    SWITCHHOOK_VALUE(AuditReport)
    SWITCHHOOK_VALUE(ServiceStatus)
#undef SWITCHHOOK_VALUE
    default:
      reply.result = Error{Errc::malformed, "an answer that this version does not know"};
      return reply;
  }
  if (auto objection = reader.take_objection()) reply.result = std::move(*objection);
  return reply;
}

Frame read(const wire::Hello& from, Reader& reader) {
  return Hello{.version_min = from.version_min(),
               .version_max = from.version_max(),
               .application = reader.text(from.application()),
               .process = from.process(),
               .token = reader.text(from.token()),
               .library = reader.text(from.library()),
               .identifier_bytes = from.identifier_bytes(),
               .resumable = from.resumable(),
               .resume = reader.text(from.resume()),
               .received = from.received()};
}
Frame read(const wire::HelloAck& from, Reader& reader) {
  return HelloAck{.version = from.version(),
                  .application = {from.application()},
                  .epoch = from.epoch(),
                  .process = from.process(),
                  .server = reader.text(from.server()),
                  .heartbeat_ms = from.heartbeat_ms(),
                  .operator_rights = from.operator_rights(),
                  .resume = reader.text(from.resume()),
                  .resume_ms = from.resume_ms(),
                  .resumed = from.resumed(),
                  .received = from.received(),
                  .restore_ms = from.restore_ms()};
}
Frame read(const wire::Ping& from, Reader&) {
  return Ping{from.token()};
}
Frame read(const wire::Pong& from, Reader&) {
  return Pong{from.token()};
}
Frame read(const wire::Ack& from, Reader&) {
  return Ack{from.received()};
}
Frame read(const wire::Goodbye& from, Reader& reader) {
  return Goodbye{reader.error(from.why())};
}

template <typename Table>
Result<Frame> read_event(const void* from, Reader& reader) {
  Frame frame = reader.event(*static_cast<const Table*>(from));
  if (auto objection = reader.take_objection()) return std::move(*objection);
  return frame;
}

Result<Frame> read(const wire::Frame& frame, Reader& reader) {
  const void* body = frame.body();
  if (body == nullptr) return kLacking;
  switch (frame.body_type()) {
#define SWITCHHOOK_FRAME(name) \
  case wire::Body::name:       \
    return read(*static_cast<const wire::name*>(body), reader);
    SWITCHHOOK_FRAME(Hello)
    SWITCHHOOK_FRAME(HelloAck)
    SWITCHHOOK_FRAME(Request)
    SWITCHHOOK_FRAME(Reply)
    SWITCHHOOK_FRAME(Ping)
    SWITCHHOOK_FRAME(Pong)
    SWITCHHOOK_FRAME(Ack)
    SWITCHHOOK_FRAME(Goodbye)
#undef SWITCHHOOK_FRAME
#define SWITCHHOOK_EVENT(name) \
  case wire::Body::name:       \
    return read_event<wire::name>(body, reader);
    SWITCHHOOK_EVENT(CallAppeared)
    SWITCHHOOK_EVENT(CallStateChanged)
    SWITCHHOOK_EVENT(CallInfoChanged)
    SWITCHHOOK_EVENT(LineClosed)
    SWITCHHOOK_EVENT(LineChanged)
    SWITCHHOOK_EVENT(LineAppeared)
    SWITCHHOOK_EVENT(LineRemoved)
    SWITCHHOOK_EVENT(DigitReceived)
    SWITCHHOOK_EVENT(DigitsSent)
    SWITCHHOOK_EVENT(CallReclaimed)
    SWITCHHOOK_EVENT(EventsLost)
    SWITCHHOOK_EVENT(LeakLimitReached)
#undef SWITCHHOOK_EVENT
    default:
      return Frame{UnknownFrame{}};
  }
}

/// The kind of a frame, before anything else in it is looked at. Errors: malformed.
Result<wire::Body> kind_of(const std::uint8_t* data, std::size_t size) {
  fb::Verifier verifier(data, size);
  const fb::uoffset_t root =
      size < 2 * sizeof(fb::uoffset_t) ? 0 : verifier.VerifyOffset(sizeof(fb::uoffset_t));
  const auto* frame = reinterpret_cast<const fb::Table*>(data + sizeof(fb::uoffset_t) + root);
  if (root == 0 || !frame->VerifyTableStart(verifier) ||
      !frame->VerifyField<std::uint8_t>(verifier, wire::Frame::VT_BODY_TYPE, 1))
    return kIllFormed;
  return static_cast<wire::Body>(frame->GetField<std::uint8_t>(wire::Frame::VT_BODY_TYPE, 0));
}

/// Whether a sender may send such a frame. Kinds of later versions are nobody's.
Result<void> may_send(Sender sender, wire::Body kind) {
  switch (sender) {
    case Sender::any:
      return {};
    case Sender::stranger:
      if (kind == wire::Body::Hello) return {};
      return Error{Errc::malformed, "the first frame has to be a hello"};
    case Sender::application:
      break;
    case Sender::daemon:
      if (kind == wire::Body::Hello || kind == wire::Body::Request)
        return Error{Errc::malformed, "a frame that only an application sends"};
      return {};
  }
  switch (kind) {
    case wire::Body::Hello:
    case wire::Body::Request:
    case wire::Body::Ping:
    case wire::Body::Pong:
    case wire::Body::Ack:
    case wire::Body::Goodbye:
      return {};
    default:
      if (kind > wire::Body::MAX) return {};
      return Error{Errc::malformed, "a frame that only the daemon sends"};
  }
}

/// The bytes at an address that suits every number in them: where they are, or in a copy.
class Aligned {
 public:
  explicit Aligned(View bytes) : data_(bytes.data()) {
    if (reinterpret_cast<std::uintptr_t>(data_) % alignof(std::uint64_t) == 0) return;
    std::uint64_t* to = small_;
    if (bytes.size() > sizeof small_) {
      large_.resize((bytes.size() + sizeof *to - 1) / sizeof *to);
      to = large_.data();
    }
    std::memcpy(to, bytes.data(), bytes.size());
    data_ = reinterpret_cast<const std::uint8_t*>(to);
  }
  [[nodiscard]] const std::uint8_t* data() const { return data_; }

 private:
  const std::uint8_t* data_;
  std::uint64_t small_[128];
  std::vector<std::uint64_t> large_;
};

}  // namespace

Result<std::size_t> frame_length(View bytes, std::size_t limit) {
  if (bytes.size() < sizeof(fb::uoffset_t)) return std::size_t{0};
  const std::size_t body = fb::ReadScalar<fb::uoffset_t>(bytes.data());
  if (body < sizeof(fb::uoffset_t)) return Error{Errc::malformed, "a frame without content"};
  if (body > limit)
    return Error{Errc::malformed, "a frame of " + std::to_string(body) + " bytes; at most " +
                                      std::to_string(limit) + " are allowed"};
  return body + sizeof(fb::uoffset_t);
}

Result<Frame> decode(View frame, Sender sender) {
  const Aligned aligned(frame);
  const Result<wire::Body> kind = kind_of(aligned.data(), frame.size());
  if (!kind) return kind.error();
  if (Result<void> allowed = may_send(sender, *kind); !allowed) return allowed.error();
  fb::Verifier verifier(aligned.data(), frame.size(), limits::kFrameDepth, limits::kFrameTables);
  if (!wire::VerifySizePrefixedFrameBuffer(verifier)) return kIllFormed;
  Reader reader(frame.size());
  Result<Frame> out = read(*wire::GetSizePrefixedFrame(aligned.data()), reader);
  if (reader.exhausted()) return kTooMuch;
  return out;
}

Result<Record> decode_record(View bytes) {
  const Aligned aligned(bytes);
  fb::Verifier verifier(aligned.data(), bytes.size(), limits::kFrameDepth, limits::kFrameTables);
  if (bytes.size() < sizeof(fb::uoffset_t) || !verifier.VerifyBuffer<wire::StoredRecord>(nullptr))
    return Error{Errc::malformed, "a stored record that is not well-formed"};
  const wire::Record* record = fb::GetRoot<wire::StoredRecord>(aligned.data())->record();
  if (record == nullptr) return kLacking;
  Reader reader(bytes.size());
  Record out = reader.record(record);
  if (reader.exhausted()) return kTooMuch;
  if (auto objection = reader.take_objection()) return std::move(*objection);
  return out;
}

}  // namespace switchhook::rpc
