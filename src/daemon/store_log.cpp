// SPDX-License-Identifier: Apache-2.0
#include "daemon/store_log.hpp"

#include <spdlog/spdlog.h>

#include "base/counted.hpp"
#include "daemon/log.hpp"

namespace switchhook::daemon {
namespace {

constexpr std::chrono::minutes kRemovalTold{10};

}  // namespace

void StoreLog::tell(const Store::Status& status, const Settings& settings, bool refuses) {
  if (status.trouble != trouble_) {
    if (status.trouble.empty())
      log::of(log::Subject::store).info("the store can be written again");
    else
      log::of(log::Subject::store)
          .error("the store cannot be written, {} waiting: {}",
                 base::counted(status.waiting, "records"), status.trouble);
    trouble_ = status.trouble;
  }
  if (status.unsafe != unsafe_ && !status.unsafe.empty())
    log::of(log::Subject::store)
        .error("if the service died now, calls would be lost: {}{}", status.unsafe,
               (refuses ? "; new calls are refused" : ""));
  if (status.unsafe != unsafe_ && status.unsafe.empty())
    log::of(log::Subject::store)
        .info("the journal is kept again{}",
              settings.journal_lost == JournalLost::refuse ? "; calls may begin" : "");
  unsafe_ = status.unsafe;
  tell_damage(status);
  tell_removal(status, settings);
  if (status.set_aside != aside_)
    log::of(log::Subject::store)
        .critical("the store was damaged and is renamed to {}; a new one is begun",
                  status.set_aside);
  aside_ = status.set_aside;
  if (status.lost != lost_) {
    std::string sessions;
    for (const std::uint64_t session : status.lost_sessions)
      sessions += " " + std::to_string(session);
    log::of(log::Subject::store)
        .critical("{} lost, because too many were waiting; of the sessions{}{}",
                  base::counted(status.lost - lost_, "records"), sessions,
                  status.lost > status.lost_sessions.size() ? " and others" : "");
  }
  lost_ = status.lost;
}

void StoreLog::tell_damage(const Store::Status& status) {
  for (; damage_ < status.damage.size(); ++damage_)
    log::of(log::Subject::store).error("{}", status.damage[damage_]);
}

void StoreLog::tell_removal(const Store::Status& status, const Settings& settings) {
  if (status.clock != clock_) {
    if (status.clock.empty())
      log::of(log::Subject::store)
          .info("the wall clock is trusted again: records that are too old are removed");
    else
      log::of(log::Subject::store)
          .warn(
              "{}: no record is removed because of its age until the clock has been steady for "
              "a while",
              status.clock);
    clock_ = status.clock;
  }
  const auto now = std::chrono::steady_clock::now();
  if (status.retired == retired_ || (removal_told_ && now - *removal_told_ < kRemovalTold)) return;
  log::of(log::Subject::store)
      .info("{} records were removed: older than {} days, or beyond {} MB",
            status.retired - retired_, settings.store_keep_days, settings.store_max_mb);
  retired_ = status.retired;
  removal_told_ = now;
}

void StoreLog::tell(const Postgresql::Status& database, const Store::Status& status) {
  if (status.never_sent != never_sent_)
    log::of(log::Subject::store)
        .critical("{} removed from the store before PostgreSQL took them: too many were waiting",
                  base::counted(status.never_sent - never_sent_, "records"));
  never_sent_ = status.never_sent;
  const bool reached = database.connected && database.trouble.empty();
  if (!reached && database.trouble.empty()) return;  // it has not been tried yet
  if (database_trouble_ == database.trouble) return;
  if (reached)
    log::of(log::Subject::store)
        .info("PostgreSQL ({}) takes the records{}", database.where,
              database_trouble_ ? " again" : "");
  else
    log::of(log::Subject::store)
        .error("PostgreSQL takes no records, {} waiting: {}",
               base::counted(status.unsent, "records"), database.trouble);
  database_trouble_ = database.trouble;
}

Store::Options store_options(const Settings& settings) {
  Store::Options options;
  options.keep = std::chrono::hours(24) * settings.store_keep_days;
  options.bytes_max = std::uint64_t{settings.store_max_mb} << 20;
  options.outbox = !settings.postgresql.conninfo.empty();
  if (settings.at_journal_step)
    options.at_step = [told = settings.at_journal_step](Store::Step step) {
      told(static_cast<std::uint8_t>(step));
    };
  return options;
}

std::string store_text(const Store::Status& status, bool refuses,
                       const Postgresql::Status* database) {
  std::string out = status.path;
  if (!status.trouble.empty())
    out += " (" + base::counted(status.waiting, "records") + " waiting after " +
           base::counted(status.failed_writes, "failed writes") + ": " + status.trouble + ")";
  if (!status.unsafe.empty())
    out += " (the journal cannot be kept: " + status.unsafe +
           (refuses ? "; new calls are refused)" : ")");
  if (!status.damage.empty())
    out += " (" + std::to_string(status.damage.size()) +
           " damaged: see the log, or switchhook records --verify)";
  if (!status.clock.empty()) out += " (nothing is removed by age: " + status.clock + ")";
  if (!status.set_aside.empty()) out += " (the one before was damaged: " + status.set_aside + ")";
  if (status.lost != 0) out += " (" + base::counted(status.lost, "records") + " lost)";
  if (database != nullptr) {
    out += " (PostgreSQL: " + base::counted(status.unsent, "records") + " waiting";
    if (!database->trouble.empty())
      out += " after " + base::counted(database->failed, "failures") + ": " + database->trouble;
    if (status.never_sent != 0)
      out += "; " + base::counted(status.never_sent, "records") + " removed before it took them";
    out += ")";
  }
  return out;
}

}  // namespace switchhook::daemon
