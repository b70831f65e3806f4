// SPDX-License-Identifier: Apache-2.0
// Whatever bytes come, the decoder answers with a frame or an error; what it takes for a frame can
// be written again, and reads the same a second time. What it makes of them is bounded.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/limits.hpp"
#include "rpc/codec.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page

/// The frame as bytes again; empty for what is not written by one side alone.
rpc::Bytes again(const rpc::Frame& frame) {
  static rpc::Encoder encoder;
  rpc::Bytes bytes;
  if (const auto* request = std::get_if<rpc::Request>(&frame)) {
    if (request->command)
      fuzz::require(static_cast<bool>(encoder.append(request->number, *request->command, bytes)),
                    "what was decoded can be encoded");
  } else if (const auto* reply = std::get_if<api::Reply>(&frame)) {
    encoder.append(*reply, bytes);
  } else if (const auto* event = std::get_if<api::Event>(&frame)) {
    encoder.append(*event, bytes);
  } else if (const auto* goodbye = std::get_if<rpc::Goodbye>(&frame)) {
    encoder.append(*goodbye, bytes);
  }
  return bytes;
}

/// What was asked of the allocator, in all.
std::size_t allocated = 0;

/// What reading may allocate: the budget, the ends of the texts, the copy of a frame that is not
/// aligned, and the words of an error.
std::size_t most_allocated(std::size_t size) {
  const std::size_t budget = std::min(size * limits::kDecodedPerByte, limits::kDecodedBytes);
  return budget + budget / 4 + size + 4096;
}

template <typename Read>
auto bounded(rpc::View bytes, Read read) {
  const std::size_t before = allocated;
  auto out = read(bytes);
  fuzz::require(allocated - before <= most_allocated(bytes.size()),
                "what reading makes is bounded");
  return out;
}

void check_frame(rpc::View bytes) {
  for (const auto sender : {rpc::Sender::stranger, rpc::Sender::application, rpc::Sender::daemon})
    static_cast<void>(bounded(bytes, [&](rpc::View all) { return rpc::decode(all, sender); }));
  const Result<rpc::Frame> frame = bounded(bytes, [](rpc::View all) { return rpc::decode(all); });
  if (!frame) return;
  const rpc::Bytes first = again(*frame);
  if (first.empty()) return;
  const Result<rpc::Frame> second = rpc::decode(first);
  fuzz::require(second && again(*second) == first, "a frame reads the same a second time");
}

}  // namespace

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SWITCHHOOK_ADDRESS_SANITIZER
#endif
#endif
#ifdef SWITCHHOOK_ADDRESS_SANITIZER
// Its allocator takes no other beside it, but tells what it gives.
extern "C" void __sanitizer_malloc_hook(const volatile void*, std::size_t size) {  // NOLINT
  allocated += size;
}
#else
void* operator new(std::size_t size) {
  allocated += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const rpc::View bytes(data, size);
  const Result<std::size_t> length = rpc::frame_length(bytes, limits::kFrameBytes);
  if (length && *length != 0 && *length <= size) check_frame(bytes.first(*length));
  check_frame(bytes);
  const Result<Record> record =
      bounded(bytes, [](rpc::View all) { return rpc::decode_record(all); });
  if (record) {
    const rpc::Bytes once = rpc::encode_record(*record);
    const Result<Record> read = rpc::decode_record(once);
    fuzz::require(read && rpc::encode_record(*read) == once, "a record reads the same again");
  }
  return 0;
}

#if defined(SWITCHHOOK_LIBFUZZER)
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

/// The usual changes; the length in front is put right, so that what comes behind it is looked at.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (size >= 4 && seed % 5 != 0) {
    const auto length = static_cast<std::uint32_t>(size - 4);
    std::memcpy(data, &length, sizeof length);
  }
  return size;
}
#endif
