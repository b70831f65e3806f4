// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/call/sdp.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace switchhook::sip::sdp {
namespace {

constexpr std::string_view kPcmu = "PCMU", kPcma = "PCMA";

std::string_view take_word(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

template <typename Number>
bool number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

bool token(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
  });
}

std::optional<Direction> direction_of(std::string_view attribute) {
  for (Direction d :
       {Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive})
    if (attribute == to_string(d)) return d;
  return std::nullopt;
}

/// "IN IP4 address", perhaps with "/ttl".
std::optional<std::string> connection(std::string_view value) {
  if (take_word(value) != "IN") return std::nullopt;
  const std::string_view family = take_word(value);
  if (family != "IP4" && family != "IP6") return std::nullopt;
  std::string_view address = take_word(value);
  address = address.substr(0, std::min(address.find('/'), address.size()));
  if (!token(address)) return std::nullopt;
  return std::string(address);
}

bool media_line(std::string_view value, Stream& out) {
  const std::string_view media = take_word(value), port = take_word(value),
                         protocol = take_word(value);
  if (!token(media) || !token(protocol)) return false;
  if (!number(port.substr(0, std::min(port.find('/'), port.size())), out.port)) return false;
  out.media = media;
  out.protocol = protocol;
  const bool rtp = protocol == "RTP/AVP";
  for (std::string_view word = take_word(value); !word.empty(); word = take_word(value)) {
    if (!token(word) || out.formats.size() >= kFormats) return false;
    if (!out.formats_text.empty()) out.formats_text += ' ';
    out.formats_text += word;
    Format format;
    if (!rtp || !number(word, format.payload)) continue;
    if (format.payload == 0) format.name = kPcmu;
    if (format.payload == 8) format.name = kPcma;
    out.formats.push_back(std::move(format));
  }
  return !out.formats_text.empty();
}

void rtpmap(std::string_view value, Stream& stream) {
  std::uint8_t payload = 0;
  if (!number(take_word(value), payload)) return;
  const std::string_view encoding = take_word(value);
  const std::size_t slash = encoding.find('/');
  if (slash == std::string_view::npos || !token(encoding)) return;
  std::string_view rate = encoding.substr(slash + 1);
  rate = rate.substr(0, std::min(rate.find('/'), rate.size()));
  for (Format& format : stream.formats)
    if (format.payload == payload) {
      format.name = upper(encoding.substr(0, slash));
      format.rate = 0;
      static_cast<void>(number(rate, format.rate));
    }
}

bool speaks(const Format& format) {
  return format.rate == 8000 && (format.name == kPcmu || format.name == kPcma);
}

std::string head(const Local& local) {
  const std::string family = local.address.find(':') == std::string::npos ? "IP4" : "IP6";
  return "v=0\r\no=switchhook " + std::to_string(local.session) + " " +
         std::to_string(local.version) + " IN " + family + " " + local.address +
         "\r\ns=-\r\nc=IN " + family + " " + local.address + "\r\nt=0 0\r\n";
}

std::string direction_line(Direction direction) {
  return "a=" + std::string(to_string(direction)) + "\r\n";
}

}  // namespace

Direction mirror(Direction direction) {
  const auto bits = static_cast<unsigned>(direction);
  return static_cast<Direction>(bits >> 1 | (bits & 1) << 1);
}

std::string_view to_string(Direction direction) {
  constexpr std::string_view kNames[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
  return kNames[static_cast<std::size_t>(direction)];
}

const Stream* Description::audio() const {
  for (const Stream& stream : streams)
    if (stream.media == "audio" && stream.port != 0 &&
        std::any_of(stream.formats.begin(), stream.formats.end(), speaks))
      return &stream;
  return nullptr;
}

bool Description::holds() const {
  const Stream* stream = audio();
  if (stream == nullptr) return false;
  return stream->direction == Direction::sendonly || stream->direction == Direction::inactive ||
         stream->address == "0.0.0.0";
}

Result<Description> parse(std::string_view text) {
  if (text.size() > kBytes) return {Errc::malformed, "session description too long"};
  Description out;
  std::string session_address;
  Direction session_direction = Direction::sendrecv;
  bool version = false;
  while (!text.empty()) {
    std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.size() < 2 || line[1] != '=')
      return {Errc::malformed, "session description: not a line of type=value"};
    const std::string_view value = line.substr(2);
    Stream* stream = out.streams.empty() ? nullptr : &out.streams.back();
    switch (line[0]) {
      case 'v':
        if (value != "0") return {Errc::malformed, "session description: unknown version"};
        version = true;
        break;
      case 'c': {
        const std::optional<std::string> address = connection(value);
        if (!address) return {Errc::malformed, "session description: bad c="};
        (stream != nullptr ? stream->address : session_address) = *address;
        break;
      }
      case 'm': {
        if (out.streams.size() >= kStreams)
          return {Errc::malformed, "session description: too many streams"};
        Stream next;
        if (!media_line(value, next)) return {Errc::malformed, "session description: bad m="};
        next.address = session_address;
        next.direction = session_direction;
        out.streams.push_back(std::move(next));
        break;
      }
      case 'a':
        if (const std::optional<Direction> direction = direction_of(value)) {
          (stream != nullptr ? stream->direction : session_direction) = *direction;
        } else if (stream != nullptr && value.substr(0, 7) == "rtpmap:") {
          rtpmap(value.substr(7), *stream);
        }
        break;
      default:
        break;  // what we do not use is not checked
    }
  }
  if (!version) return {Errc::malformed, "session description: no v="};
  return out;
}

std::string offer(const Local& local) {
  return head(local) + "m=audio " + std::to_string(local.port) +
         " RTP/AVP 0 8\r\n"
         "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n" +
         direction_line(local.direction);
}

Result<std::string> answer(const Description& offered, const Local& local) {
  const Stream* audio = offered.audio();
  if (audio == nullptr) return {Errc::unsupported, "no audio that we speak is offered"};
  std::string out = head(local);
  for (const Stream& stream : offered.streams) {
    if (&stream != audio) {  // RFC 3264 6: refused streams stay in their place, with port 0
      out += "m=" + stream.media + " 0 " + stream.protocol + " " + stream.formats_text + "\r\n";
      continue;
    }
    std::string payloads, attributes;
    for (const Format& format : stream.formats) {
      if (!speaks(format)) continue;
      const std::string payload = std::to_string(format.payload);
      payloads += " " + payload;
      attributes += "a=rtpmap:" + payload + " " + format.name + "/8000\r\n";
    }
    // We do what we want of what the offer leaves to us.
    const auto ours = static_cast<Direction>(static_cast<unsigned>(mirror(stream.direction)) &
                                             static_cast<unsigned>(local.direction));
    out.append("m=audio ").append(std::to_string(local.port)).append(" RTP/AVP").append(payloads);
    out.append("\r\n").append(attributes).append("a=ptime:20\r\n").append(direction_line(ours));
  }
  return out;
}

bool acceptable(const Description& answered) {
  return answered.audio() != nullptr;
}

}  // namespace switchhook::sip::sdp
