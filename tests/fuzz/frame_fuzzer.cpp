// SPDX-License-Identifier: Apache-2.0
// Whatever bytes come, the decoder answers with a frame or an error; what it takes for a frame can
// be written again, and reads the same a second time.
#include <cstdlib>
#include <cstring>

#include "base/limits.hpp"
#include "rpc/codec.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page

/// The frame as bytes again; empty for what is not written by one side alone.
rpc::Bytes again(const rpc::Frame& frame) {
  static rpc::Encoder encoder;
  rpc::Bytes bytes;
  if (const auto* request = std::get_if<rpc::Request>(&frame)) {
    if (request->command && !encoder.append(request->number, *request->command, bytes))
      std::abort();
  } else if (const auto* reply = std::get_if<api::Reply>(&frame)) {
    encoder.append(*reply, bytes);
  } else if (const auto* event = std::get_if<api::Event>(&frame)) {
    encoder.append(*event, bytes);
  } else if (const auto* goodbye = std::get_if<rpc::Goodbye>(&frame)) {
    encoder.append(*goodbye, bytes);
  }
  return bytes;
}

void check_frame(rpc::View bytes) {
  const Result<rpc::Frame> frame = rpc::decode(bytes);
  if (!frame) return;
  const rpc::Bytes first = again(*frame);
  if (first.empty()) return;
  const Result<rpc::Frame> second = rpc::decode(first);
  if (!second || again(*second) != first) std::abort();
}

/// Valid frames for the mutator to begin with: without them it hardly gets past the verifier.
const std::vector<rpc::Bytes>& seeds() {
  static const std::vector<rpc::Bytes> kSeeds = [] {
    std::vector<rpc::Bytes> all;
    rpc::Encoder encoder;
    for (const auto& command : test::all_of<api::Command>())
      static_cast<void>(encoder.append(1, command, all.emplace_back()));
    for (const auto& value : test::all_of<api::Value>())
      encoder.append(api::Reply{1, false, value}, all.emplace_back());
    for (const auto& event : test::all_of<api::Event>()) encoder.append(event, all.emplace_back());
    return all;
  }();
  return kSeeds;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

/// Now and then a fresh valid frame instead of what there is; then the usual changes; the length in
/// front is put right, so that what comes behind it is looked at.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (seed % 8 == 0) {
    const rpc::Bytes& fresh = seeds()[(seed / 8) % seeds().size()];
    if (fresh.size() <= max_size) {
      std::memcpy(data, fresh.data(), fresh.size());
      size = fresh.size();
    }
  }
  size = LLVMFuzzerMutate(data, size, max_size);
  if (size >= 4 && seed % 5 != 0) {
    const auto length = static_cast<std::uint32_t>(size - 4);
    std::memcpy(data, &length, sizeof length);
  }
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const rpc::View bytes(data, size);
  const Result<std::size_t> length = rpc::frame_length(bytes, limits::kFrameBytes);
  if (length && *length != 0 && *length <= size) check_frame(bytes.first(*length));
  check_frame(bytes);
  static_cast<void>(rpc::decode_record(bytes));
  return 0;
}
