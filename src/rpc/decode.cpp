// SPDX-License-Identifier: Apache-2.0
// Frames to values of the port. The buffer is verified as a whole first; after that every table may
// still lack any part, and every number may still be out of range.
#include <cstring>
#include <utility>

#include "rpc/flat_reader.hpp"
#include "rpc/frames.hpp"

namespace switchhook::rpc {
namespace {

using flat::place;
using flat::Reader;
namespace fb = flatbuffers;
namespace d = describe;

const Error kTooMuch{Errc::malformed, "a frame that says more than a frame can hold"};
const Error kIllFormed{Errc::malformed, "a frame that is not well-formed"};
const Error kLacking{Errc::malformed, "a part of the message is missing"};

// ---- verifying

/// One of several tables. One that only a later version knows is not looked at.
template <d::Choice T>
bool verify_choice(std::size_t index, const fb::Table* table, fb::Verifier& verifier) {
  return index >= d::kAlternatives<T> || d::with_alternative<T>(index, [&](auto type) {
           using Alternative = typename decltype(type)::type;
           if constexpr (d::Described<Alternative>)
             return flat::verify<Alternative>(table, verifier);
           return true;
         });
}

bool verify_body(Body kind, const fb::Table* body, fb::Verifier& verifier);

/// A table of a root, for the library's verifier.
struct Root : private fb::Table {
  const fb::Table& table() const { return *this; }
};
struct FrameRoot : Root {
  [[nodiscard]] bool Verify(fb::Verifier& verifier) const {  // NOLINT: the library's name
    const fb::Table& frame = table();
    return frame.VerifyTableStart(verifier) &&
           frame.VerifyField<std::uint8_t>(verifier, place(0), 1) &&
           frame.VerifyOffset(verifier, place(1)) &&
           verify_body(static_cast<Body>(frame.GetField<std::uint8_t>(place(0), 0)),
                       frame.GetPointer<const fb::Table*>(place(1)), verifier) &&
           verifier.EndTable();
  }
};
struct RecordRoot : Root {
  [[nodiscard]] bool Verify(fb::Verifier& verifier) const {  // NOLINT: the library's name
    return table().VerifyTableStart(verifier) && table().VerifyOffset(verifier, place(0)) &&
           flat::verify<Record>(table().GetPointer<const fb::Table*>(place(0)), verifier) &&
           verifier.EndTable();
  }
};

bool verify_request(const fb::Table& request, fb::Verifier& verifier) {
  return request.VerifyTableStart(verifier) &&
         request.VerifyField<std::uint32_t>(verifier, place(0), 4) &&
         request.VerifyField<std::uint8_t>(verifier, place(1), 1) &&
         request.VerifyOffset(verifier, place(2)) &&
         // 0 is none, so the first command is 1.
         verify_choice<api::Command>(request.GetField<std::uint8_t>(place(1), 0) - std::size_t{1},
                                     request.GetPointer<const fb::Table*>(place(2)), verifier) &&
         verifier.EndTable();
}

bool verify_reply(const fb::Table& reply, fb::Verifier& verifier) {
  return reply.VerifyTableStart(verifier) &&
         reply.VerifyField<std::uint32_t>(verifier, place(0), 4) &&
         reply.VerifyField<std::uint8_t>(verifier, place(1), 1) &&
         reply.VerifyOffset(verifier, place(2)) &&
         flat::verify<Error>(reply.GetPointer<const fb::Table*>(place(2)), verifier) &&
         reply.VerifyField<std::uint8_t>(verifier, place(3), 1) &&
         reply.VerifyOffset(verifier, place(4)) &&
         verify_choice<api::Value>(reply.GetField<std::uint8_t>(place(3), 0),
                                   reply.GetPointer<const fb::Table*>(place(4)), verifier) &&
         verifier.EndTable();
}

bool verify_body(Body kind, const fb::Table* body, fb::Verifier& verifier) {
  if (body == nullptr) return true;
  switch (kind) {
    case Body::none:
      return true;
    case Body::hello:
      return flat::verify<Hello>(body, verifier);
    case Body::hello_ack:
      return flat::verify<HelloAck>(body, verifier);
    case Body::request:
      return verify_request(*body, verifier);
    case Body::reply:
      return verify_reply(*body, verifier);
    case Body::ping:
      return flat::verify<Ping>(body, verifier);
    case Body::pong:
      return flat::verify<Pong>(body, verifier);
    case Body::goodbye:
      return flat::verify<Goodbye>(body, verifier);
    case Body::ack:
      return flat::verify<Ack>(body, verifier);
    case Body::first_event:
      break;
  }
  return verify_choice<api::Event>(event_of_body(kind), body, verifier);
}

// ---- reading

Frame read_request(const fb::Table& from, Reader& reader) {
  Request request{from.GetField<std::uint32_t>(place(0), 0), kLacking};
  const auto* what = from.GetPointer<const fb::Table*>(place(2));
  if (what == nullptr) return request;
  const std::size_t kind = from.GetField<std::uint8_t>(place(1), 0);
  api::Command command;
  const bool known = flat::read(reader, *what, kind - 1, command);
  if (!known)
    request.command = Error{Errc::unsupported, "a command that this version does not know"};
  else if (auto objection = reader.take_objection())
    request.command = std::move(*objection);
  else
    request.command = std::move(command);
  return request;
}

Frame read_reply(const fb::Table& from, Reader& reader) {
  api::Reply reply{from.GetField<std::uint32_t>(place(0), 0),
                   from.GetField<std::uint8_t>(place(1), 0) != 0, api::Value{}};
  if (const auto* error = from.GetPointer<const fb::Table*>(place(2))) {
    Error why;
    reader.table(error, why);
    reply.result = std::move(why);
    return reply;
  }
  const std::size_t kind = from.GetField<std::uint8_t>(place(3), 0);
  if (kind == 0) return reply;
  const auto* what = from.GetPointer<const fb::Table*>(place(4));
  if (what == nullptr) {
    reply.result = kLacking;
    return reply;
  }
  const bool known = flat::read(reader, *what, kind, *reply.result);
  if (!known)
    reply.result = Error{Errc::malformed, "an answer that this version does not know"};
  else if (auto objection = reader.take_objection())
    reply.result = std::move(*objection);
  return reply;
}

template <typename T>
Frame read_one(const fb::Table& from, Reader& reader) {
  T out;
  reader.table(&from, out);
  return out;
}

Frame read_event(Body kind, const fb::Table& from, Reader& reader) {
  api::Event event;
  const bool known = flat::read(reader, from, event_of_body(kind), event);
  if (known) return event;
  return UnknownFrame{};
}

Frame read_body(Body kind, const fb::Table& from, Reader& reader) {
  switch (kind) {
    case Body::none:
      return UnknownFrame{};
    case Body::hello:
      return read_one<Hello>(from, reader);
    case Body::hello_ack:
      return read_one<HelloAck>(from, reader);
    case Body::request:
      return read_request(from, reader);
    case Body::reply:
      return read_reply(from, reader);
    case Body::ping:
      return read_one<Ping>(from, reader);
    case Body::pong:
      return read_one<Pong>(from, reader);
    case Body::goodbye:
      return read_one<Goodbye>(from, reader);
    case Body::ack:
      return read_one<Ack>(from, reader);
    case Body::first_event:
      break;
  }
  return read_event(kind, from, reader);
}

/// Whether a sender may send such a frame. Nobody may send kinds of later versions.
Result<void> may_send(Sender sender, Body kind) {
  const bool applications = kind == Body::hello || kind == Body::request;
  const bool daemons = kind == Body::hello_ack || kind == Body::reply ||
                       (kind >= Body::first_event && kind != Body::ack &&
                        event_of_body(kind) < d::kAlternatives<api::Event>);
  switch (sender) {
    case Sender::any:
      break;
    case Sender::stranger:
      if (kind != Body::hello) return {Errc::malformed, "the first frame has to be a hello"};
      break;
    case Sender::application:
      if (daemons) return {Errc::malformed, "a frame that only the daemon sends"};
      break;
    case Sender::daemon:
      if (applications) return {Errc::malformed, "a frame that only an application sends"};
      break;
  }
  return {};
}

/// The root of a frame, when its kind can be read. Nothing else was looked at.
const fb::Table* root_of(const std::uint8_t* data, std::size_t size) {
  fb::Verifier verifier(data, size);
  const fb::uoffset_t root =
      size < 2 * sizeof(fb::uoffset_t) ? 0 : verifier.VerifyOffset(sizeof(fb::uoffset_t));
  if (root == 0) return nullptr;
  const auto* frame = reinterpret_cast<const fb::Table*>(data + sizeof(fb::uoffset_t) + root);
  if (!frame->VerifyTableStart(verifier) ||
      !frame->VerifyField<std::uint8_t>(verifier, place(0), 1))
    return nullptr;
  return frame;
}

/// The bytes at an address that suits every number in them: where they are, or in a copy.
class Aligned {
 public:
  explicit Aligned(View bytes) : data_(bytes.data()) {
    if (reinterpret_cast<std::uintptr_t>(data_) % alignof(std::uint64_t) == 0) return;
    std::uint64_t* to = small_;
    if (bytes.size() > sizeof small_) {
      large_.resize(bytes.size() / sizeof *to + 1);
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
  const fb::Table* root = root_of(aligned.data(), frame.size());
  if (root == nullptr) return kIllFormed;
  const auto kind = static_cast<Body>(root->GetField<std::uint8_t>(place(0), 0));
  if (Result<void> allowed = may_send(sender, kind); !allowed) return allowed.error();
  fb::Verifier verifier(aligned.data(), frame.size(), limits::kFrameDepth, limits::kFrameTables);
  if (!verifier.VerifySizePrefixedBuffer<FrameRoot>(nullptr)) return kIllFormed;
  const auto* body = root->GetPointer<const fb::Table*>(place(1));
  if (body == nullptr) return kLacking;
  Reader reader(frame.size(), kind == Body::request ? Reader::What::command : Reader::What::other);
  Frame out = read_body(kind, *body, reader);
  if (reader.exhausted()) return kTooMuch;
  if (auto objection = reader.take_objection()) return std::move(*objection);
  return out;
}

Result<Record> decode_record(View bytes) {
  const Aligned aligned(bytes);
  fb::Verifier verifier(aligned.data(), bytes.size(), limits::kFrameDepth, limits::kFrameTables);
  if (bytes.size() < sizeof(fb::uoffset_t) || !verifier.VerifyBuffer<RecordRoot>(nullptr))
    return Error{Errc::malformed, "a stored record that is not well-formed"};
  const auto* record =
      fb::GetRoot<RecordRoot>(aligned.data())->table().GetPointer<const fb::Table*>(place(0));
  if (record == nullptr) return kLacking;
  Reader reader(bytes.size(), Reader::What::other);
  Record out;
  flat::read(reader, *record, out);
  if (reader.exhausted()) return kTooMuch;
  if (auto objection = reader.take_objection()) return std::move(*objection);
  return out;
}

}  // namespace switchhook::rpc
