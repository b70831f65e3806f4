// SPDX-License-Identifier: Apache-2.0
#include "providers/remote/codec.hpp"

#include "api/describe/provider.hpp"
#include "providers/remote/values.hpp"

namespace switchhook::describe {

#define M SWITCHHOOK_MEMBER
SWITCHHOOK_DESCRIBE(remote::Inherit, M(orphans, 0));
SWITCHHOOK_DESCRIBE(remote::Start, M(config, 0), M(keeps_recovery, 1));
SWITCHHOOK_DESCRIBE(remote::Started, M(error, 0));
#undef M

}  // namespace switchhook::describe

namespace switchhook::remote {
namespace {

constexpr std::size_t kLength = 4;

template <typename Message>
void append_frame(const Message& message, Bytes& out) {
  const std::size_t begin = out.size();
  out.resize(begin + kLength);
  Writer(out).put(message);
  const std::size_t length = out.size() - begin - kLength;
  for (std::size_t i = 0; i < kLength; ++i)
    out[begin + i] = static_cast<std::uint8_t>(length >> (8 * i) & 0xff);
}

template <typename Message>
Result<Message> message_of(View frame) {
  Message message;
  Reader reader(frame);
  if (!reader.get(message) || !reader.at_end())
    return Error{Errc::malformed, "a frame between the processes says nothing that is known"};
  return message;
}

}  // namespace

void append(const ToChild& message, Bytes& out) {
  append_frame(message, out);
}
void append(const ToDaemon& message, Bytes& out) {
  append_frame(message, out);
}
Result<ToChild> to_child(View frame) {
  return message_of<ToChild>(frame);
}
Result<ToDaemon> to_daemon(View frame) {
  return message_of<ToDaemon>(frame);
}

Result<std::optional<View>> Frames::next() {
  const View left = View(bytes_).subspan(taken_);
  std::size_t length = 0;
  if (left.size() >= kLength) {
    for (std::size_t i = kLength; i-- > 0;) length = length << 8 | left[i];
    if (length == 0 || length > kFrameBytesMax)
      return Error{Errc::malformed, "a frame between the processes has no possible length"};
  }
  if (left.size() < kLength || left.size() - kLength < length) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
    return std::optional<View>();
  }
  taken_ += kLength + length;
  return std::optional<View>(left.subspan(kLength, length));
}

}  // namespace switchhook::remote
