// SPDX-License-Identifier: Apache-2.0
#include "simulator/service.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "simulator/wire_entrance.hpp"

namespace switchhook::simulator {

namespace {

constexpr auto* kPath = "records.db";

}  // namespace

Service::Service(World world) : world_(std::move(world)), host_(world_.clock, nullptr) {
  if (world_.wire)
    entrance_ = std::make_unique<WireEntrance>(host_, world_.violations, world_.clock);
  else
    entrance_ = std::make_unique<DirectEntrance>(host_, world_.violations, world_.clock);
  if (world_.disk == nullptr) return;
  spdlog::set_level(spdlog::level::off);  // of a daemon that dies much is to be said
  daemon::Store::Options options;
  options.clock = &world_.clock;
  options.files = world_.disk;
  options.at_step = [this](daemon::Store::Step step) {
    if (step == daemon::Store::Step::before_commit) world_.books->committing();
    if (step == daemon::Store::Step::after_forget) world_.books->committed();
    world_.at_step(step);
  };
  Result<std::unique_ptr<daemon::Store>> store = daemon::Store::open(kPath, std::move(options));
  if (!store) {
    world_.violations.report(Invariant::one_record,
                             "the store cannot be opened: " + store.error().text());
    return;
  }
  store_ = std::move(*store);
  host_.begin_at(store_->first_generation());
  journal_.emplace(*store_, [refuses = world_.refuses] {
    return refuses ? std::string("the journal cannot be kept") : std::string();
  });
  world_.books->begin(*journal_);
  host_.journal(*world_.books);
  orphans_.emplace(host_, *store_, world_.clock);
}

Service::~Service() = default;

void Service::add(std::unique_ptr<provider::Provider> provider) {
  const std::vector<provider::EndOrphan> orphans =
      orphans_ ? orphans_->of(provider->name()) : std::vector<provider::EndOrphan>{};
  const Result<void> added = host_.add_provider(std::move(provider), orphans);
  if (!added) world_.violations.report(Invariant::service_stops, added.error().text());
}

void Service::begin() {
  if (orphans_) orphans_->begin();
  host_.run();
  auditor_ = std::make_unique<Auditor>(host_, world_.clock, world_.violations);
}

void Service::drain(bool on) {
  draining_ = on;
  host_.refuse_calls(on ? "the service is drained" : journal_ ? journal_->objection() : "");
}

void Service::run() {
  drain(draining_);
  host_.run();
  if (store_) store_next_ = store_->run_due();
}

std::optional<std::chrono::nanoseconds> Service::next_deadline() const {
  const auto of_host = host_.next_deadline();
  if (!of_host || (store_next_ && *store_next_ < *of_host)) return store_next_;
  return of_host;
}

std::vector<Record> Service::records() {
  std::vector<Record> out;
  if (!store_) return out;
  static_cast<void>(store_->flush({}));
  for (bool more = true; more;) {
    more = false;
    api::RecordQuery query;
    query.newest_first = false;
    if (!out.empty()) query.after_session = out.back().session;
    store_->query(query, {.operator_rights = true}, [&](Result<api::RecordPage> page) {
      if (!page)
        return world_.violations.report(Invariant::one_record,
                                        "no records: " + page.error().text());
      more = !page->records.empty();
      std::move(page->records.begin(), page->records.end(), std::back_inserter(out));
    });
    static_cast<void>(store_->run_due());
  }
  return out;
}

}  // namespace switchhook::simulator
