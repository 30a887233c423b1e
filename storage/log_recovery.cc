#include "storage/log_recovery.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "storage/keys.h"
#include "storage/leveldb_terms.h"

namespace paxos::storage {
namespace {

Status Damaged(std::string message) { return {ErrorCode::kDamaged, std::move(message)}; }

std::string Name(Slot slot) { return "slot " + std::to_string(slot.value()); }

// Takes the stored slots in their order and sums them up again.
class Recount {
 public:
  explicit Recount(const LogSummary& expected) : expected_(expected) {}

  Status Take(Slot slot, std::string_view key, std::string_view value) {
    const Result<Seal> seal = CheckSeal(key, value);
    if (!seal) return seal.error().Annotate(Name(slot));
    if (slot > expected_.chosen_prefix) return TakeAccepted(slot, key, value, *seal);
    if (slot != found_.chosen_prefix.next()) return Missing();
    found_.chosen_prefix = slot;
    found_.chain = ExtendChain(found_.chain, *seal);
    return Status::Ok();
  }

  // After the last slot.
  Status Compare() const {
    if (found_.chosen_prefix < expected_.chosen_prefix) return Missing();
    if (found_.chain != expected_.chain) {
      return Damaged("the chosen slots are not the ones that were written (chain)");
    }
    if (found_.above_count != expected_.above_count || found_.above_sum != expected_.above_sum) {
      return Damaged("the accepted slots are not the ones that were written: " +
                     std::to_string(found_.above_count) + " found, " +
                     std::to_string(expected_.above_count) + " expected");
    }
    return Status::Ok();
  }

  std::map<Slot, LogState::StoredSlot> TakeAbove() { return std::move(above_); }
  std::vector<AcceptedEntry> TakeAccepted() { return std::move(accepted_); }

 private:
  Status TakeAccepted(Slot slot, std::string_view key, std::string_view value, Seal seal) {
    Result<AcceptedEntry> accepted = Unseal<AcceptedEntry>(key, value);
    if (!accepted) return accepted.error().Annotate(Name(slot));
    if (accepted->ballot > expected_.promised) {
      return Damaged(Name(slot) + ": accepted in " + ShortText(accepted->ballot) +
                     " above the promise " + ShortText(expected_.promised));
    }
    ++found_.above_count;
    found_.above_sum += seal;
    above_.emplace(slot, LogState::StoredSlot{seal, EncodedSizeBound(*accepted->entry)});
    accepted_.push_back(*std::move(accepted));
    return Status::Ok();
  }

  Status Missing() const {
    return Damaged(Name(found_.chosen_prefix.next()) + " is missing; slots up to " +
                   std::to_string(expected_.chosen_prefix.value()) + " are chosen");
  }

  const LogSummary& expected_;
  LogSummary found_;
  std::map<Slot, LogState::StoredSlot> above_;
  std::vector<AcceptedEntry> accepted_;
};

Status CountSlots(leveldb::DB& db, GroupId group, Recount* recount) {
  const std::unique_ptr<leveldb::Iterator> at(db.NewIterator(CarefulReads()));
  const Key end = Key::OfMeta(group);
  for (at->Seek(SliceOf(Key::OfSlot(group, Slot{0}).view())); at->Valid(); at->Next()) {
    const std::string_view key = ViewOf(at->key());
    if (key >= end.view()) break;
    const std::optional<Slot> slot = SlotOf(key, group);
    if (!slot) return Damaged("a key of " + std::to_string(key.size()) + " bytes");
    if (Status s = recount->Take(*slot, key, ViewOf(at->value())); !s.ok()) return s;
  }
  return FromLevelDb(at->status());
}

}  // namespace

Result<RecoveredLog> RecoverLog(leveldb::DB& db, GroupId group) {
  const Key key = Key::OfMeta(group);
  std::string value;
  const leveldb::Status read = db.Get(CarefulReads(), SliceOf(key.view()), &value);
  if (read.IsNotFound()) return Damaged("no meta record of group " + ShortText(group));
  if (!read.ok()) return FromLevelDb(read).Annotate("read the meta record");
  const Result<Seal> seal = CheckSeal(key.view(), value);
  if (!seal) return seal.error().Annotate("the meta record");
  const Result<LogSummary> summary = Unseal<LogSummary>(key.view(), value);
  if (!summary) return summary.error().Annotate("the meta record");

  Recount recount(*summary);
  if (Status s = CountSlots(db, group, &recount); !s.ok()) return s;
  if (Status s = recount.Compare(); !s.ok()) return s;
  return RecoveredLog{LogState(*summary, recount.TakeAbove()), *seal, recount.TakeAccepted()};
}

}  // namespace paxos::storage
