// SPDX-License-Identifier: Apache-2.0
// Values of the port to FlatBuffers.
#include <algorithm>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "rpc/codec.hpp"
#include "rpc/wire.hpp"

namespace switchhook::rpc {
namespace {

namespace fb = flatbuffers;

/// No text on the wire is longer, wherever it comes from.
constexpr std::size_t kTextBytes = 4096;

using Text = fb::Offset<fb::String>;
using Union = fb::Offset<void>;

/// Writes values into one builder. One object per frame.
class Writer {
 public:
  explicit Writer(fb::FlatBufferBuilder& builder) : b_(builder) {}

  // ---- parts

  Text text(std::string_view value) {
    if (value.empty()) return {};
    value = value.substr(0, kTextBytes);
    return b_.CreateString(value.data(), value.size());
  }
  fb::Offset<fb::Vector<std::uint8_t>> bytes(const UserInfo& value) {
    if (value.empty()) return {};
    return b_.CreateVector(value);
  }
  static wire::Moment moment(const Moment& at) { return {at.monotonic.count(), at.wall.count()}; }
  template <typename To, typename From>
  static To as(From value) {
    return static_cast<To>(static_cast<std::uint8_t>(value));
  }

  fb::Offset<wire::Cause> cause(const Cause& c) {
    const Text words = text(c.words);
    return wire::CreateCause(b_, as<wire::DisconnectMode>(c.mode), c.sip_status, c.q850, words);
  }
  fb::Offset<wire::Error> error(const Error& e) {
    const Text context = text(e.context);
    return wire::CreateError(b_, static_cast<std::uint16_t>(e.code), context);
  }
  fb::Offset<wire::Party> party(const Party& p) {
    if (p == Party{}) return {};
    const Text address = text(p.address), name = text(p.name);
    return wire::CreateParty(b_, address, name);
  }
  fb::Offset<wire::LineInfo> line_info(const LineInfo& i) {
    const Text name = text(i.name), address = text(i.address), provider = text(i.provider),
               status = text(i.status);
    return wire::CreateLineInfo(b_, i.id, name, address, provider, i.media_modes, i.in_service,
                                i.removed, status, i.calls_max, i.user_info_max);
  }
  fb::Offset<wire::End> end(const End& e) {
    const auto how = cause(e.cause);
    const wire::Moment at = moment(e.at);
    const auto released = counts(e.released);
    return wire::CreateEnd(b_, as<wire::EndOrigin>(e.origin), how, &at,
                           as<wire::Confirmation>(e.confirmation), e.confirmed_after.count(),
                           e.sent_times, e.returned_after.count(), released);
  }
  /// Nothing at all when all are zero.
  template <typename Number, std::size_t Size>
  fb::Offset<fb::Vector<Number>> counts(const std::array<Number, Size>& from) {
    if (from == std::array<Number, Size>{}) return {};
    return b_.CreateVector(from.data(), Size);
  }
  fb::Offset<wire::EndTimes> end_times(const EndTimes& t) {
    const auto acknowledged = counts(t.acknowledged.counts), returned = counts(t.returned.counts),
               released = counts(t.released.counts);
    return wire::CreateEndTimes(b_, acknowledged, returned, released, t.unacknowledged);
  }
  fb::Offset<wire::HolderRecord> holder(const HolderRecord& h) {
    const Text application = text(h.application), user = text(h.user);
    const wire::Moment acquired = moment(h.acquired);
    const wire::Moment released = moment(h.released.value_or(Moment{}));
    return wire::CreateHolderRecord(b_, application, user, h.process,
                                    as<wire::Privilege>(h.privilege), &acquired,
                                    h.released ? &released : nullptr);
  }
  fb::Offset<wire::MediaStatistics> media(const MediaStatistics& m) {
    if (m == MediaStatistics{}) return {};
    return wire::CreateMediaStatistics(b_, m.packets_sent, m.packets_received, m.packets_lost,
                                       m.bytes_sent, m.bytes_received, m.jitter_us);
  }
  fb::Offset<wire::Record> record(const Record& r) {
    const Text line = text(r.line), provider = text(r.provider),
               provider_call_id = text(r.provider_call_id), application = text(r.application),
               comment = text(r.comment);
    const auto calling = party(r.parties.calling), called = party(r.parties.called),
               connected = party(r.parties.connected), redirecting = party(r.parties.redirecting),
               redirection = party(r.parties.redirection);
    std::vector<wire::TimelineEntry> steps;
    steps.reserve(r.timeline.size());
    for (const TimelineEntry& step : r.timeline)
      steps.emplace_back(moment(step.at), as<wire::CallState>(step.state), step.detail);
    const auto timeline = b_.CreateVectorOfStructs(steps);
    fb::Offset<wire::End> how;
    if (r.end) how = end(*r.end);
    const auto received = bytes(r.user_info_received), sent = bytes(r.user_info_sent);
    std::vector<fb::Offset<wire::HolderRecord>> who;
    who.reserve(r.holders.size());
    for (const HolderRecord& h : r.holders) who.push_back(holder(h));
    const auto holders = b_.CreateVector(who);
    const auto statistics = media(r.media_statistics);

    wire::RecordBuilder out(b_);
    out.add_session(r.session);
    out.add_call_id(r.call_id);
    out.add_related_call_id(r.related_call_id);
    out.add_line(line);
    out.add_provider(provider);
    out.add_provider_call_id(provider_call_id);
    out.add_direction(as<wire::Direction>(r.direction));
    out.add_media_modes(r.media_modes);
    out.add_calling(calling);
    out.add_called(called);
    out.add_connected(connected);
    out.add_redirecting(redirecting);
    out.add_redirection(redirection);
    out.add_state(as<wire::CallState>(r.state));
    out.add_detail(r.detail);
    out.add_timeline(timeline);
    out.add_end(how);
    out.add_user_info_received(received);
    out.add_user_info_sent(sent);
    out.add_app_specific(r.app_specific);
    out.add_application(application);
    out.add_comment(comment);
    out.add_holders(holders);
    out.add_media_statistics(statistics);
    return out.Finish();
  }

  // ---- commands

  Union operator()(const api::ListLines&) { return wire::CreateListLines(b_).Union(); }
  Union operator()(const api::OpenLine& c) {
    return wire::CreateOpenLine(b_, c.line, c.privileges, c.media_modes, c.api_version).Union();
  }
  Union operator()(const api::CloseLine& c) {
    return wire::CreateCloseLine(b_, c.open.value).Union();
  }
  Union operator()(const api::GetLineStatus& c) {
    return wire::CreateGetLineStatus(b_, c.line).Union();
  }
  Union operator()(const api::MakeCall& c) {
    const Text address = text(c.address), called = text(c.called_party), comment = text(c.comment);
    const auto calling = party(c.calling);
    const auto info = bytes(c.user_info);
    const Text site = text(c.site);
    return wire::CreateMakeCall(b_, c.open.value, address, c.no_answer_timeout.count(),
                                c.length_limit.count(), c.media_modes, calling, called, comment,
                                info, c.app_specific, site)
        .Union();
  }
  Union operator()(const api::AcceptCall& c) {
    const auto info = bytes(c.user_info);
    const Text site = text(c.site);
    return wire::CreateAcceptCall(b_, c.call.value, info, site).Union();
  }
  Union operator()(const api::AnswerCall& c) {
    const auto info = bytes(c.user_info);
    const Text site = text(c.site);
    return wire::CreateAnswerCall(b_, c.call.value, info, site).Union();
  }
  Union operator()(const api::DropCall& c) {
    const auto info = bytes(c.user_info);
    return wire::CreateDropCall(b_, c.call.value, as<wire::DropReason>(c.reason), info).Union();
  }
  Union operator()(const api::ReleaseCall& c) {
    return wire::CreateReleaseCall(b_, c.call.value).Union();
  }
  Union operator()(const api::HoldCall& c) {
    return wire::CreateHoldCall(b_, c.call.value).Union();
  }
  Union operator()(const api::UnholdCall& c) {
    return wire::CreateUnholdCall(b_, c.call.value).Union();
  }
  Union operator()(const api::TransferCall& c) {
    const Text address = text(c.address);
    return wire::CreateTransferCall(b_, c.call.value, address, c.with.value).Union();
  }
  Union operator()(const api::SetPrivilege& c) {
    return wire::CreateSetPrivilege(b_, c.call.value, as<wire::Privilege>(c.privilege)).Union();
  }
  Union operator()(const api::HandOff& c) {
    const Text application = text(c.application);
    return wire::CreateHandOff(b_, c.call.value, application, c.media_mode).Union();
  }
  Union operator()(const api::SetAppSpecific& c) {
    return wire::CreateSetAppSpecific(b_, c.call.value, c.value).Union();
  }
  Union operator()(const api::MonitorDigits& c) {
    return wire::CreateMonitorDigits(b_, c.call.value, c.modes).Union();
  }
  Union operator()(const api::SendDigits& c) {
    const Text digits = text(c.digits);
    return wire::CreateSendDigits(b_, c.call.value, digits, c.mode, c.duration.count(), c.tag)
        .Union();
  }
  Union operator()(const api::ReleaseUserInfo& c) {
    return wire::CreateReleaseUserInfo(b_, c.call.value).Union();
  }
  Union operator()(const api::GetCall& c) { return wire::CreateGetCall(b_, c.call.value).Union(); }
  Union operator()(const api::GetNewCalls& c) {
    const Text site = text(c.site);
    return wire::CreateGetNewCalls(b_, c.open.value, site).Union();
  }
  Union operator()(const api::ListSessions& c) {
    return wire::CreateListSessions(b_, c.after.value, c.limit).Union();
  }
  Union operator()(const api::ListLeaks& c) {
    return wire::CreateListLeaks(b_, c.limit, c.after.value).Union();
  }
  Union operator()(const api::Reclaim& c) { return wire::CreateReclaim(b_, c.call.value).Union(); }
  Union operator()(const api::RunAudit&) { return wire::CreateRunAudit(b_).Union(); }
  Union operator()(const api::RecordQuery& c) {
    const Text line = text(c.line), party = text(c.party), application = text(c.application),
               provider = text(c.provider);
    flatbuffers::Optional<wire::EndOrigin> origin;
    if (c.origin) origin = static_cast<wire::EndOrigin>(*c.origin);
    return wire::CreateRecordQuery(b_, c.after_session, line, c.since_wall.count(), c.limit,
                                   c.newest_first, c.session, c.until_wall.count(), party,
                                   application, provider, origin, c.verify)
        .Union();
  }
  Union operator()(const api::GetServiceStatus&) {
    return wire::CreateGetServiceStatus(b_).Union();
  }
  Union operator()(const api::ShutDown&) { return wire::CreateShutDown(b_).Union(); }

  Union operator()(const api::Restore& c) {
    std::vector<fb::Offset<wire::OpeningToRestore>> openings;
    openings.reserve(c.openings.size());
    for (const api::OpeningToRestore& each : c.openings) {
      const Text line = text(each.line);
      openings.push_back(wire::CreateOpeningToRestore(b_, each.open.value, line, each.privileges,
                                                      each.media_modes, each.api_version));
    }
    std::vector<fb::Offset<wire::CallToRestore>> calls;
    calls.reserve(c.calls.size());
    for (const api::CallToRestore& each : c.calls)
      calls.push_back(wire::CreateCallToRestore(b_, each.call.value, each.open.value,
                                                each.session.value, each.over));
    const auto all_openings = b_.CreateVector(openings);
    const auto all_calls = b_.CreateVector(calls);
    return wire::CreateRestore(b_, all_openings, all_calls).Union();
  }

  // ---- values

  template <typename Id>
  auto numbers(const std::vector<Id>& ids) {
    std::vector<std::uint64_t> out;
    out.reserve(ids.size());
    for (const Id id : ids) out.push_back(id.value);
    return b_.CreateVector(out);
  }

  Union operator()(const std::monostate&) { return {}; }
  Union operator()(const api::LineList& v) {
    std::vector<fb::Offset<wire::LineInfo>> lines;
    lines.reserve(v.lines.size());
    for (const LineInfo& line : v.lines) lines.push_back(line_info(line));
    const auto all = b_.CreateVector(lines);
    return wire::CreateLineList(b_, all).Union();
  }
  Union operator()(const api::OpenedLine& v) {
    const Text line = text(v.line);
    return wire::CreateOpenedLine(b_, v.open.value, line).Union();
  }
  Union operator()(const api::LineStatus& v) {
    const auto info = line_info(v.info);
    return wire::CreateLineStatus(b_, info, v.openings, v.active_calls, v.held_calls,
                                  v.held_pending_calls)
        .Union();
  }
  Union operator()(const api::MadeCall& v) {
    return wire::CreateMadeCall(b_, v.call.value, v.session.value).Union();
  }
  Union operator()(const api::CallSnapshot& v) {
    const auto all = record(v.record);
    const wire::Moment entered = moment(v.state_entered);
    return wire::CreateCallSnapshot(b_, v.call.value, v.open.value, v.line, all,
                                    as<wire::Privilege>(v.privilege), v.features, v.owners,
                                    v.monitors, v.monitored_digits, &entered)
        .Union();
  }
  Union operator()(const api::CallList& v) {
    const auto calls = numbers(v.calls), sessions = numbers(v.sessions);
    return wire::CreateCallList(b_, calls, sessions).Union();
  }
  Union operator()(const api::Restored& v) {
    const auto openings = numbers(v.lost_openings), calls = numbers(v.lost_calls);
    return wire::CreateRestored(b_, openings, calls).Union();
  }
  Union operator()(const api::RecordPage& v) {
    std::vector<fb::Offset<wire::Record>> records;
    bool more = v.more;
    for (const Record& r : v.records) {
      if (b_.GetSize() > kCutBytes) {
        more = true;
        break;
      }
      records.push_back(record(r));
    }
    const auto all = b_.CreateVector(records);
    const auto damaged = v.damaged.empty() ? 0 : b_.CreateVectorOfStrings(v.damaged);
    return wire::CreateRecordPage(b_, all, more, v.checked, damaged).Union();
  }
  Union operator()(const api::LeakList& v) {
    std::vector<fb::Offset<wire::Leak>> leaks;
    bool more = v.more;
    for (const api::Leak& l : v.leaks) {
      if (b_.GetSize() > kCutBytes) {
        more = true;
        break;
      }
      leaks.push_back(leak(l));
    }
    const auto all = b_.CreateVector(leaks);
    return wire::CreateLeakList(b_, all, v.total, more).Union();
  }
  Union operator()(const api::Reclaimed& v) { return wire::CreateReclaimed(b_, v.count).Union(); }
  Union operator()(const api::AuditReport& v) {
    std::vector<fb::Offset<wire::LedgerLine>> lines;
    for (const api::LedgerLine& l : v.lines) {
      const Text holder = text(l.holder);
      lines.push_back(
          wire::CreateLedgerLine(b_, as<wire::Resource>(l.resource), holder, l.booked, l.found));
    }
    std::vector<Text> findings;
    for (const std::string& finding : v.findings) {
      if (b_.GetSize() > kCutBytes) break;
      // A vector of strings has no absent members.
      findings.push_back(b_.CreateString(finding.data(), std::min(finding.size(), kTextBytes)));
    }
    const auto all_lines = b_.CreateVector(lines);
    const auto all_findings = b_.CreateVector(findings);
    return wire::CreateAuditReport(b_, all_lines, all_findings).Union();
  }
  Union operator()(const api::ServiceStatus& v) {
    const Text version = text(v.version), socket = text(v.socket), store = text(v.store);
    const auto ends = end_times(v.ends);
    return wire::CreateServiceStatus(b_, version, v.process, v.up.count(), v.applications, v.lines,
                                     v.sessions_live, v.sessions_held, v.sessions_total,
                                     v.records_written, v.events_dropped, v.late_events, socket,
                                     store, ends, v.heap_bytes)
        .Union();
  }

  // ---- events

  Union operator()(const api::CallAppeared& e) {
    return wire::CreateCallAppeared(b_, e.open.value, e.call.value,
                                    as<wire::Privilege>(e.privilege), e.session.value)
        .Union();
  }
  Union operator()(const api::CallStateChanged& e) {
    fb::Offset<wire::Cause> how;
    if (e.cause) how = cause(*e.cause);
    const wire::Moment at = moment(e.at);
    wire::CallStateChangedBuilder out(b_);
    out.add_call(e.call.value);
    out.add_state(as<wire::CallState>(e.state));
    out.add_detail(e.detail);
    out.add_cause(how);
    if (e.origin) out.add_origin(as<wire::EndOrigin>(*e.origin));
    if (e.privilege) out.add_privilege(as<wire::Privilege>(*e.privilege));
    out.add_at(&at);
    return out.Finish().Union();
  }
  Union operator()(const api::CallInfoChanged& e) {
    return wire::CreateCallInfoChanged(b_, e.call.value, e.what).Union();
  }
  Union operator()(const api::LineClosed& e) {
    const Text why = text(e.why);
    return wire::CreateLineClosed(b_, e.open.value, why).Union();
  }
  Union operator()(const api::LineChanged& e) {
    return wire::CreateLineChanged(b_, e.open.value, as<wire::LineChange>(e.what), e.count).Union();
  }
  Union operator()(const api::LineAppeared& e) {
    return wire::CreateLineAppeared(b_, e.line).Union();
  }
  Union operator()(const api::LineRemoved& e) {
    return wire::CreateLineRemoved(b_, e.line).Union();
  }
  Union operator()(const api::DigitReceived& e) {
    const wire::Moment at = moment(e.at);
    return wire::CreateDigitReceived(b_, e.call.value, static_cast<std::uint8_t>(e.digit), e.mode,
                                     &at)
        .Union();
  }
  Union operator()(const api::DigitsSent& e) {
    const wire::Moment at = moment(e.at);
    return wire::CreateDigitsSent(b_, e.call.value, e.cancelled, e.tag, &at).Union();
  }
  Union operator()(const api::CallReclaimed& e) {
    return wire::CreateCallReclaimed(b_, e.call.value).Union();
  }
  Union operator()(const api::EventsLost& e) { return wire::CreateEventsLost(b_, e.count).Union(); }
  Union operator()(const api::LeakLimitReached& e) {
    const wire::Moment ended = moment(e.ended);
    return wire::CreateLeakLimitReached(b_, e.held, e.oldest.value, &ended, e.by_age,
                                        as<wire::LeakAction>(e.action))
        .Union();
  }

 private:
  /// A list stops growing here: what follows it, and its last member, still fit into a frame.
  static constexpr std::size_t kCutBytes = limits::kFrameBytes - 1024 * 1024;

  fb::Offset<wire::Leak> leak(const api::Leak& l) {
    const Text line = text(l.line), application = text(l.application), user = text(l.user),
               site = text(l.site);
    const wire::Moment acquired = moment(l.acquired), ended = moment(l.ended);
    return wire::CreateLeak(b_, l.call.value, l.session, line, application, user, l.process,
                            as<wire::Privilege>(l.privilege), as<wire::CallState>(l.state),
                            &acquired, &ended, l.bytes, l.client_bytes, l.provider_bytes,
                            l.connection.value, site);
  }

  fb::FlatBufferBuilder& b_;
};

/// The union members stand in the order of the variants.
template <typename Kind, typename Variant>
Kind kind_of(const Variant& value, Kind first) {
  return static_cast<Kind>(static_cast<std::size_t>(first) + value.index());
}
static_assert(same(std::variant_size_v<api::Command>, wire::Command::MAX));
static_assert(same(std::variant_size_v<api::Value> - 1, wire::Value::MAX));
static_assert(same(std::variant_size_v<api::Event> - 1,
                   static_cast<int>(wire::Body::LeakLimitReached) -
                       static_cast<int>(wire::Body::CallAppeared)));

}  // namespace

struct Encoder::Scratch {
  fb::FlatBufferBuilder builder{1024};

  void finish(wire::Body kind, Union body, Bytes& out) {
    builder.FinishSizePrefixed(wire::CreateFrame(builder, kind, body));
    const std::uint8_t* begin = builder.GetBufferPointer();
    out.insert(out.end(), begin, begin + builder.GetSize());
    // One great frame does not make the scratch memory great for ever.
    const bool great = builder.GetSize() > 256 * 1024;
    builder.Clear();
    if (great) builder.Reset();
  }
};

Encoder::Encoder() : scratch_(std::make_unique<Scratch>()) {}
Encoder::~Encoder() = default;

void Encoder::append(const Hello& hello, Bytes& out) {
  fb::FlatBufferBuilder& b = scratch_->builder;
  Writer writer(b);
  const Text application = writer.text(hello.application), token = writer.text(hello.token),
             library = writer.text(hello.library), resume = writer.text(hello.resume);
  const auto body =
      wire::CreateHello(b, hello.version_min, hello.version_max, application, hello.process, token,
                        library, hello.identifier_bytes, hello.resumable, resume, hello.received);
  scratch_->finish(wire::Body::Hello, body.Union(), out);
}

void Encoder::append(const HelloAck& ack, Bytes& out) {
  fb::FlatBufferBuilder& b = scratch_->builder;
  Writer writer(b);
  const Text server = writer.text(ack.server), resume = writer.text(ack.resume);
  const auto body = wire::CreateHelloAck(
      b, ack.version, ack.application.value, ack.epoch, ack.process, server, ack.heartbeat_ms,
      ack.operator_rights, resume, ack.resume_ms, ack.resumed, ack.received, ack.restore_ms);
  scratch_->finish(wire::Body::HelloAck, body.Union(), out);
}

void Encoder::append(const Ping& ping, Bytes& out) {
  scratch_->finish(wire::Body::Ping, wire::CreatePing(scratch_->builder, ping.token).Union(), out);
}
void Encoder::append(const Pong& pong, Bytes& out) {
  scratch_->finish(wire::Body::Pong, wire::CreatePong(scratch_->builder, pong.token).Union(), out);
}

void Encoder::append(const Ack& ack, Bytes& out) {
  scratch_->finish(wire::Body::Ack, wire::CreateAck(scratch_->builder, ack.received).Union(), out);
}

void Encoder::append(const Goodbye& goodbye, Bytes& out) {
  fb::FlatBufferBuilder& b = scratch_->builder;
  const auto why = Writer(b).error(goodbye.why);
  scratch_->finish(wire::Body::Goodbye, wire::CreateGoodbye(b, why).Union(), out);
}

void Encoder::append(const api::Event& event, Bytes& out) {
  Writer writer(scratch_->builder);
  const Union body = std::visit(writer, event);
  scratch_->finish(kind_of(event, wire::Body::CallAppeared), body, out);
}

void Encoder::append(const api::Reply& reply, Bytes& out) {
  fb::FlatBufferBuilder& b = scratch_->builder;
  Writer writer(b);
  fb::Offset<wire::Error> error;
  wire::Value kind = wire::Value::NONE;
  Union value;
  if (!reply.result) {
    error = writer.error(reply.result.error());
  } else {
    value = std::visit(writer, *reply.result);
    kind = kind_of(*reply.result, wire::Value::NONE);
    if (b.GetSize() > limits::kFrameBytes - 1024) {
      b.Clear();
      return append(api::Reply{reply.request, false,
                               Error{Errc::resource_unavailable, "the answer is too long"}},
                    out);
    }
  }
  const auto body = wire::CreateReply(b, reply.request, reply.accepted_only, error, kind, value);
  scratch_->finish(wire::Body::Reply, body.Union(), out);
}

Result<void> Encoder::append(api::RequestId number, const api::Command& command, Bytes& out) {
  if (Result<void> good = check(command); !good) return good;
  fb::FlatBufferBuilder& b = scratch_->builder;
  Writer writer(b);
  const Union what = std::visit(writer, command);
  // NONE is 0, so the first command is 1.
  const auto kind = static_cast<wire::Command>(command.index() + 1);
  const auto body = wire::CreateRequest(b, number, kind, what);
  scratch_->finish(wire::Body::Request, body.Union(), out);
  return {};
}

Bytes encode_record(const Record& record) {
  fb::FlatBufferBuilder builder(1024);
  builder.Finish(wire::CreateStoredRecord(builder, Writer(builder).record(record)));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

}  // namespace switchhook::rpc
