// SPDX-License-Identifier: Apache-2.0
// Values of the port to frames.

#include "rpc/flat_writer.hpp"
#include "rpc/frames.hpp"

namespace switchhook::rpc {

using flat::place;
using flat::Ref;
namespace fb = flatbuffers;

struct Encoder::Scratch {
  fb::FlatBufferBuilder builder{1024};

  template <typename T>
  Ref table(const T& value) {
    return flat::Writer(builder).table(value);
  }
  void finish(Body kind, Ref body, Bytes& out) {
    const fb::uoffset_t start = builder.StartTable();
    builder.AddOffset(place(1), body);
    builder.AddElement<std::uint8_t>(place(0), static_cast<std::uint8_t>(kind), 0);
    builder.FinishSizePrefixed(Ref(builder.EndTable(start)));
    const std::uint8_t* begin = builder.GetBufferPointer();
    out.insert(out.end(), begin, begin + builder.GetSize());
    // One large frame does not keep the scratch memory large for ever.
    const bool great = builder.GetSize() > 256 * 1024;
    builder.Clear();
    if (great) builder.Reset();
  }
  template <typename T>
  void append(Body kind, const T& value, Bytes& out) {
    finish(kind, table(value), out);
  }
};

Encoder::Encoder() : scratch_(std::make_unique<Scratch>()) {}
Encoder::~Encoder() = default;

void Encoder::append(const Hello& hello, Bytes& out) {
  scratch_->append(Body::hello, hello, out);
}
void Encoder::append(const HelloAck& ack, Bytes& out) {
  scratch_->append(Body::hello_ack, ack, out);
}
void Encoder::append(const Ping& ping, Bytes& out) {
  scratch_->append(Body::ping, ping, out);
}
void Encoder::append(const Pong& pong, Bytes& out) {
  scratch_->append(Body::pong, pong, out);
}
void Encoder::append(const Ack& ack, Bytes& out) {
  scratch_->append(Body::ack, ack, out);
}
void Encoder::append(const Goodbye& goodbye, Bytes& out) {
  scratch_->append(Body::goodbye, goodbye, out);
}

void Encoder::append(const api::Event& event, Bytes& out) {
  const Ref body = std::visit([&](const auto& each) { return scratch_->table(each); },
                              describe::as_variant(event));
  scratch_->finish(body_of_event(event.index()), body, out);
}

void Encoder::append(const api::Reply& reply, Bytes& out) {
  fb::FlatBufferBuilder& b = scratch_->builder;
  Ref error, value;
  std::size_t kind = 0;
  if (!reply.result) {
    error = scratch_->table(reply.result.error());
  } else {
    kind = reply.result->index();
    value = flat::write(b, *reply.result);
    if (b.GetSize() > limits::kFrameBytes - 1024) {
      b.Clear();
      return append(api::Reply{reply.request, false,
                               Error{Errc::resource_unavailable, "the answer is too long"}},
                    out);
    }
  }
  const fb::uoffset_t start = b.StartTable();
  b.AddOffset(place(4), value);
  b.AddOffset(place(2), error);
  b.AddElement<std::uint32_t>(place(0), reply.request, 0);
  b.AddElement<std::uint8_t>(place(3), static_cast<std::uint8_t>(kind), 0);
  b.AddElement<std::uint8_t>(place(1), reply.accepted_only ? 1 : 0, 0);
  scratch_->finish(Body::reply, Ref(b.EndTable(start)), out);
}

Result<void> Encoder::append(api::RequestId number, const api::Command& command, Bytes& out) {
  if (Result<void> good = check(command); !good) return good;
  fb::FlatBufferBuilder& b = scratch_->builder;
  const Ref what = std::visit([&](const auto& each) { return scratch_->table(each); },
                              describe::as_variant(command));
  const fb::uoffset_t start = b.StartTable();
  b.AddOffset(place(2), what);
  b.AddElement<std::uint32_t>(place(0), number, 0);
  // 0 is none, so the first command is 1.
  b.AddElement<std::uint8_t>(place(1), static_cast<std::uint8_t>(command.index() + 1), 0);
  scratch_->finish(Body::request, Ref(b.EndTable(start)), out);
  return {};
}

Bytes encode_record(const Record& record) {
  fb::FlatBufferBuilder builder(1024);
  const Ref body = flat::write(builder, record);
  const fb::uoffset_t start = builder.StartTable();
  builder.AddOffset(place(0), body);
  builder.Finish(Ref(builder.EndTable(start)));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

}  // namespace switchhook::rpc
