// SPDX-License-Identifier: Apache-2.0
#include "tapi3/com/ledger.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/call_site.hpp"
#include "tapi/tapi3leaks.h"
#include "tapi3/com/object.hpp"

namespace switchhook::tapi3 {

Ledger& Ledger::instance() {
  static Ledger& ledger = *[] {
    std::atexit([] { report("exit", instance().referenced()); });
    return std::make_unique<Ledger>().release();
  }();
  return ledger;
}

void Ledger::enter(ObjectBase& object) {
  base::Lock lock(mutex_);
  objects_.insert(&object);
}

void Ledger::leave(ObjectBase& object) {
  base::Lock lock(mutex_);
  objects_.erase(&object);
}

std::size_t Ledger::objects() const {
  base::Lock lock(mutex_);
  return objects_.size();
}

namespace {

std::string acquired_by(const References& face) {
  std::string text = "thread " + std::to_string(face.thread.load() % 1'000'000'000);
  if (const char* method = face.method.load()) text.append(" through ").append(method);
  if (const void* site = face.site.load()) text.append(" at ").append(base::words_of_site(site));
  return text;
}

}  // namespace

std::vector<LeakLine> Ledger::referenced(const void* owner) const {
  // Objects are asked without the ledger's lock: they take their own, and objects come and go while
  // those are held.
  std::vector<Keep<ObjectBase>> kept;
  {
    base::Lock lock(mutex_);
    for (ObjectBase* object : objects_)
      if (object->references() != 0 && object->try_keep())
        kept.push_back(Keep<ObjectBase>::adopt(object));
  }
  std::vector<LeakLine> lines;
  for (const Keep<ObjectBase>& object : kept) {
    if (owner != nullptr && object->owner() != owner) continue;
    object->each_interface([&](const References& face) {
      const std::int32_t references = face.count.load();
      if (references <= 0) return;
      lines.push_back({.interface_name = face.interface_name,
                       .references = static_cast<std::uint32_t>(references),
                       .object = object->description(),
                       .acquired_by = acquired_by(face)});
    });
  }
  return lines;
}

void Ledger::report(const std::string& when, const std::vector<LeakLine>& lines) {
  const char* where = std::getenv("SWITCHHOOK_TAPI3_LEAKS");
  if (where == nullptr || *where == '\0' || lines.empty()) return;
  const bool to_stderr = std::string_view(where) == "stderr";
  std::FILE* out = to_stderr ? stderr : std::fopen(where, "a");
  if (out == nullptr) return;
  for (const LeakLine& line : lines)
    std::fprintf(out, "tapi3: still referenced at %s: %s of %s, %u reference%s, by %s\n",
                 when.c_str(), line.interface_name.c_str(), line.object.c_str(), line.references,
                 line.references == 1 ? "" : "s", line.acquired_by.c_str());
  if (!to_stderr) std::fclose(out);
}

}  // namespace switchhook::tapi3

extern "C" SWITCHHOOK_TAPI3_EXPORT size_t
switchhook_tapi3_leaks(void (*each)(const SWITCHHOOK_TAPI3_LEAK*, void*), void* context) {
  using namespace switchhook::tapi3;
  const std::vector<LeakLine> lines = Ledger::instance().referenced();
  if (each != nullptr)
    for (const LeakLine& line : lines) {
      const SWITCHHOOK_TAPI3_LEAK leak{line.interface_name.c_str(), line.references,
                                       line.object.c_str(), line.acquired_by.c_str()};
      each(&leak, context);
    }
  return lines.size();
}

extern "C" SWITCHHOOK_TAPI3_EXPORT size_t switchhook_tapi3_objects(void) {
  return switchhook::tapi3::Ledger::instance().objects();
}
