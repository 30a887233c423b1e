#include "sim/disk.h"

#include <algorithm>
#include <utility>

namespace paxos::sim {

Disk::Disk(EventQueue& queue, Random random, const DiskOptions& options, DiskWatcher& watcher,
           StorageEvents& events)
    : queue_(queue),
      random_(random),
      reports_(Mix(random_.Next(), 1)),
      options_(options),
      watcher_(watcher),
      events_(events) {}

// ---- the process's side ---------------------------------------------------------------------

// Reads what stands before the log, and the log above the chosen prefix.
Result<DurableState> Disk::Recover() {
  if (is_lost_) return Status(ErrorCode::kNotFound, "open: no such directory");
  const auto above = damaged_.upper_bound(image_.chosen_prefix());
  if (is_head_damaged_ || above != damaged_.end())
    return Status(ErrorCode::kDamaged, "a record does not match its checksum");
  return image_.ToDurableState();
}

Result<std::vector<ChosenEntry>> Disk::ReadChosen(Slot first, Slot last, std::size_t bytes_max) {
  std::vector<ChosenEntry> found;
  std::size_t bytes = 0;
  for (Slot slot = first; slot <= std::min(last, image_.chosen_prefix()); ++slot) {
    const DiskImage::Stored* stored = image_.Find(slot);
    if (stored == nullptr) break;
    if (damaged_.contains(slot)) {
      if (!found.empty()) break;
      return Status(ErrorCode::kDamaged,
                    "slot " + std::to_string(slot.value()) + " does not match its checksum");
    }
    bytes += EncodedSizeBound(*stored->entry);
    if (bytes > bytes_max && !found.empty()) break;
    found.push_back(ChosenEntry{slot, stored->entry});
  }
  if (found.empty())
    return Status(ErrorCode::kNotFound, "read slot " + std::to_string(first.value()) +
                                            ": nothing chosen is stored there");
  return found;
}

void Disk::Write(std::vector<Record> batch, PersistSeq seq) {
  watcher_.OnWrite(batch, seq);
  if (has_failed_) return;
  waiting_.push_back(Batch{std::move(batch), seq});
  if (queue_.now() < full_until_) return FailSoon("write: No space left on device");
  if (FailsNow()) return FailSoon("write: Input/output error");
  if (!is_syncing_) StartSync();
}

// ---- syncs ----------------------------------------------------------------------------------

// Group commit: one sync for everything that waits when it starts.
void Disk::StartSync() {
  is_syncing_ = true;
  const Duration latency = options_.sync_min + Exponential(random_.Next(), options_.sync_mean);
  FinishSyncAt(queue_.now() + latency, waiting_.size());
}

void Disk::FinishSyncAt(Time when, std::size_t batches) {
  syncing_ = batches;
  queue_.At(when, [this, number = ++sync_] {
    if (number == sync_) FinishSync();
  });
}

void Disk::FinishSync() {
  if (queue_.now() < stalled_until_) return FinishSyncAt(stalled_until_, syncing_);
  if (FailsNow()) return Fail("sync: Input/output error");
  const PersistSeq seq = waiting_[syncing_ - 1].seq;
  Store(syncing_);
  is_syncing_ = false;
  if (!waiting_.empty()) StartSync();
  Report(seq);  // last, since the process may write in response
}

bool Disk::FailsNow() { return calls_to_failure_ > 0 && --calls_to_failure_ == 0; }

// A write says nothing of its outcome itself.
void Disk::FailSoon(const char* why) {
  has_failed_ = true;
  ++sync_;
  queue_.After(options_.sync_min, [this, why, life = life_] {
    if (life == life_) Fail(why);
  });
}

// [D2] What is on the disk is anybody's guess; nothing more is reported.
void Disk::Fail(const char* why) {
  has_failed_ = true;
  Store(random_.Between(0, waiting_.size()));
  waiting_.clear();
  events_.OnWriteFailed({ErrorCode::kIo, why});
}

// Reports are cumulative: one that is overtaken says nothing new.
void Disk::Report(PersistSeq seq) {
  const bool is_late = options_.late_report_max > Duration{} && reports_.Chance(1, 8);
  const Duration report_max = is_late ? options_.late_report_max : options_.report_max;
  if (report_max == Duration{}) return events_.OnDurable(seq);
  const auto report = [this, life = life_, seq] {
    if (life == life_ && !has_failed_) events_.OnDurable(seq);
  };
  const Duration delay = DurationBetween(reports_, Duration{0}, report_max);
  if (is_late) return queue_.After(delay, report);
  last_report_ = std::max(queue_.now() + delay, last_report_ + Duration{1});
  queue_.At(last_report_, report);
}

void Disk::Store(std::size_t batches) {
  for (; batches > 0; --batches) {
    const Batch& batch = waiting_.front();
    watcher_.OnStored(batch.records, batch.seq);
    image_.Apply(batch.records, batch.seq);
    waiting_.pop_front();
  }
}

// ---- faults ---------------------------------------------------------------------------------

void Disk::Crash() {
  ++life_;
  ++sync_;
  Store(random_.Between(0, waiting_.size()));
  waiting_.clear();
  is_syncing_ = has_failed_ = false;
  calls_to_failure_ = 0;
}

void Disk::StallUntil(Time until) { stalled_until_ = std::max(stalled_until_, until); }

void Disk::FillUntil(Time until) { full_until_ = std::max(full_until_, until); }

void Disk::Damage(std::uint64_t draw) {
  Random random(draw);
  const Slot slot{random.Between(0, image_.last_slot().value())};
  if (image_.Find(slot) == nullptr)
    is_head_damaged_ = true;
  else
    damaged_.insert(slot);
}

void Disk::RestoreCopy() {
  is_rolled_back_ = is_rolled_back_ || copy_.persisted() < image_.persisted();
  image_ = copy_;
}

void Disk::Calm() {
  options_.report_max = options_.late_report_max = Duration{};
  options_.sync_mean = std::min(options_.sync_mean, DiskOptions{}.sync_mean);
  calls_to_failure_ = 0;
  stalled_until_ = full_until_ = Time{};
  if (is_syncing_ && !has_failed_) FinishSyncAt(queue_.now() + options_.sync_mean, syncing_);
}

}  // namespace paxos::sim
