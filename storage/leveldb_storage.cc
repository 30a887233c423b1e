#include "storage/leveldb_storage.h"

#include <utility>

#include "paxos/check.h"

namespace paxos::storage {
namespace {

constexpr std::uint64_t kBytesBetweenSpaceChecks = std::uint64_t{8} << 20;

std::string Name(const std::vector<NumberedBatch>& group) {
  const std::string first = ShortText(group.front().seq);
  if (group.size() == 1) return "write batch " + first;
  return "write batch " + first + ".." + ShortText(group.back().seq);
}

DurableState ToDurableState(const LogSummary& summary, std::vector<AcceptedEntry> accepted) {
  DurableState state;
  state.promised = summary.promised;
  state.ballot_used = summary.ballot_used;
  state.chosen_prefix = summary.chosen_prefix;
  state.accepted = std::move(accepted);
  state.persisted = summary.persisted;
  state.log_bytes = summary.log_bytes;
  return state;
}

}  // namespace

LevelDbStorage::LevelDbStorage(Parts parts, const StorageOptions& options, Post post)
    : parts_(std::move(parts)),
      options_(options),
      recovered_(ToDurableState(parts_.log->summary(), parts_.log->TakeAccepted())),
      handed_over_(recovered_->persisted),
      announcer_(std::move(post)),
      persister_({.commit = [this](const auto& group) { return Commit(group); },
                  .tidy = [this] { return RememberInAnchor(); },
                  .fail = [this](Status why) { announcer_.Failed(std::move(why)); }},
                 options.anchor_interval) {}

LevelDbStorage::~LevelDbStorage() { announcer_.Silence(); }

void LevelDbStorage::Start(StorageEvents& events) { announcer_.Listen(events); }

// ---- the owner's thread -------------------------------------------------------------------------

Result<DurableState> LevelDbStorage::Recover() {
  PAXOS_CHECK("STORAGE", recovered_.has_value());  // once, before any Write
  return *std::exchange(recovered_, std::nullopt);
}

Result<std::vector<ChosenEntry>> LevelDbStorage::ReadChosen(Slot first, Slot last,
                                                            std::size_t bytes_max) {
  return parts_.log->ReadChosen(first, last, bytes_max);
}

void LevelDbStorage::Write(std::vector<Record> batch, PersistSeq seq) {
  PAXOS_CHECK("STORAGE", announcer_.listening());
  PAXOS_CHECK("D1", seq == handed_over_.next(), seq, handed_over_);
  handed_over_ = seq;
  persister_.Add({seq, std::move(batch)});
}

// ---- the persister's thread ---------------------------------------------------------------------

Status LevelDbStorage::Commit(const std::vector<NumberedBatch>& group) {
  Status status = CheckSpace();
  if (status.ok()) status = parts_.log->Commit(group);
  if (!status.ok()) return status.Annotate(Name(group));
  announcer_.Durable(group.back().seq);
  return status;
}

Status LevelDbStorage::CheckSpace() {
  const std::uint64_t written = parts_.log->bytes_written();
  if (written - space_checked_at_ < kBytesBetweenSpaceChecks) return Status::Ok();
  space_checked_at_ = written;
  return CheckFreeSpace(*parts_.files, parts_.directory, options_.free_bytes_min);
}

Status LevelDbStorage::RememberInAnchor() {
  const LogSummary& summary = parts_.log->summary();
  return parts_.anchor
      ->Remember({.cluster = parts_.identity.cluster,
                  .node = parts_.identity.node,
                  .promised = summary.promised,
                  .persisted = summary.persisted,
                  .meta = parts_.log->seal()})
      .Annotate("write the anchor");
}

}  // namespace paxos::storage
