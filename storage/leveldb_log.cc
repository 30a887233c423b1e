#include "storage/leveldb_log.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"
#include "storage/leveldb_terms.h"

namespace paxos::storage {
namespace {

leveldb::Options DatabaseOptions(leveldb::Env& env) {
  leveldb::Options options;
  options.env = &env;
  options.paranoid_checks = true;
  // Commands are short and often random; the persister's thread and the compactions share two
  // cores with everything else.
  options.compression = leveldb::kNoCompression;
  // Each merge rewrites the one file of the next level that holds the meta record.
  options.max_file_size = std::size_t{8} << 20;
  return options;
}

leveldb::WriteOptions Synced() {
  leveldb::WriteOptions options;
  options.sync = true;
  return options;
}

Result<std::unique_ptr<leveldb::DB>> OpenDatabase(const leveldb::Options& options,
                                                  const std::string& directory) {
  leveldb::DB* db = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, directory, &db);
  if (!status.ok()) return FromLevelDb(status).Annotate("open the database");
  return std::unique_ptr<leveldb::DB>(db);
}

}  // namespace

Status LevelDbLog::Create(const std::string& directory, leveldb::Env& env, GroupId group) {
  leveldb::Options options = DatabaseOptions(env);
  options.create_if_missing = true;
  options.error_if_exists = true;
  const Result<std::unique_ptr<leveldb::DB>> db = OpenDatabase(options, directory);
  if (!db) return db.error();
  const Key key = Key::OfMeta(group);
  std::string sealed;
  SealTo(key.view(), LogSummary{}, &sealed);
  return FromLevelDb((*db)->Put(Synced(), SliceOf(key.view()), sealed));
}

Result<std::unique_ptr<LevelDbLog>> LevelDbLog::Open(const std::string& directory,
                                                     leveldb::Env& env, GroupId group,
                                                     const StorageOptions& options) {
  leveldb::Options database_options = DatabaseOptions(env);
  database_options.write_buffer_size = options.write_buffer_bytes;
  Result<std::unique_ptr<leveldb::DB>> db = OpenDatabase(database_options, directory);
  if (!db) return db.error();
  Result<RecoveredLog> recovered = RecoverLog(**db, group);
  if (!recovered) return recovered.error();
  return std::unique_ptr<LevelDbLog>(new LevelDbLog(*std::move(db), group, *std::move(recovered)));
}

LevelDbLog::LevelDbLog(std::unique_ptr<leveldb::DB> db, GroupId group, RecoveredLog recovered)
    : db_(std::move(db)),
      group_(group),
      state_(std::move(recovered.state)),
      seal_(recovered.seal),
      accepted_(std::move(recovered.accepted)),
      readable_(state_.summary().chosen_prefix.value()) {}

// ---- writing ------------------------------------------------------------------------------------

Status LevelDbLog::Commit(const std::vector<NumberedBatch>& group) {
  writes_.Clear();
  for (const NumberedBatch& batch : group) Add(batch);
  const Key meta = Key::OfMeta(group_);
  seal_ = SealTo(meta.view(), state_.summary(), &sealed_);
  writes_.Put(SliceOf(meta.view()), sealed_);
  bytes_written_ += writes_.ApproximateSize();
  if (leveldb::Status s = db_->Write(Synced(), &writes_); !s.ok()) {
    return {ErrorCode::kIo, s.ToString()};
  }
  readable_.store(state_.summary().chosen_prefix.value(), std::memory_order_release);
  return Status::Ok();
}

void LevelDbLog::Add(const NumberedBatch& batch) {
  Slot mark;
  for (const Record& record : batch.records) {
    Add(record);
    if (const auto* chosen = std::get_if<ChosenMarkRecord>(&record)) {
      mark = std::max(mark, chosen->prefix);
    }
  }
  state_.MarkChosen(mark);
  for (const Record& record : batch.records) {
    const auto* learned = std::get_if<LearnedRecord>(&record);
    PAXOS_CHECK("P3", learned == nullptr || !state_.Takes(learned->slot), learned->slot);
  }
  state_.EndBatch(batch.seq);
}

void LevelDbLog::Add(const Record& record) {
  if (const auto* promised = std::get_if<PromisedRecord>(&record)) {
    state_.Promise(promised->ballot);
  } else if (const auto* used = std::get_if<BallotUsedRecord>(&record)) {
    state_.UseBallot(used->ballot);
  } else if (const auto* accepted = std::get_if<AcceptedRecord>(&record)) {
    state_.Promise(accepted->ballot);  // [A2] accepting is promising
    StoreEntry(accepted->slot, accepted->ballot, accepted->entry);
  } else if (const auto* learned = std::get_if<LearnedRecord>(&record)) {
    StoreEntry(learned->slot, Ballot{}, learned->entry);
  }
}

void LevelDbLog::StoreEntry(Slot slot, const Ballot& ballot, const SharedEntry& entry) {
  if (!state_.Takes(slot)) return;
  const Key key = Key::OfSlot(group_, slot);
  const Seal seal = SealTo(key.view(), AcceptedEntry{slot, ballot, entry}, &sealed_);
  state_.Store(slot, {seal, EncodedSizeBound(*entry)});
  writes_.Put(SliceOf(key.view()), sealed_);
}

// ---- reading ------------------------------------------------------------------------------------

Result<std::vector<ChosenEntry>> LevelDbLog::ReadChosen(Slot first, Slot last,
                                                        std::size_t bytes_max) const {
  const Slot end = std::min(last, Slot{readable_.load(std::memory_order_acquire)});
  if (first == Slot{} || first > end) {
    return Status(ErrorCode::kNotFound,
                  "slot " + ShortText(first) + "; the disk has 1.." + ShortText(end));
  }
  const std::unique_ptr<leveldb::Iterator> at(db_->NewIterator(CarefulReads()));
  std::vector<ChosenEntry> chosen;
  std::size_t bytes = 0;
  at->Seek(SliceOf(Key::OfSlot(group_, first).view()));
  for (Slot slot = first; slot <= end; ++slot, at->Next()) {
    Result<AcceptedEntry> stored = ReadSlot(*at, slot);
    if (!stored) return stored.error().Annotate("read slot " + ShortText(slot));
    bytes += EncodedSizeBound(*stored->entry);
    if (bytes > bytes_max && !chosen.empty()) break;
    chosen.push_back({slot, std::move(stored->entry)});
  }
  return chosen;
}

Result<AcceptedEntry> LevelDbLog::ReadSlot(const leveldb::Iterator& at, Slot slot) const {
  const Key key = Key::OfSlot(group_, slot);
  if (!at.Valid() && !at.status().ok()) return FromLevelDb(at.status());
  if (!at.Valid() || at.key() != SliceOf(key.view())) {
    return Status(ErrorCode::kDamaged, "missing");
  }
  return Unseal<AcceptedEntry>(key.view(), ViewOf(at.value()));
}

}  // namespace paxos::storage
