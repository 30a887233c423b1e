#include "storage/leveldb_terms.h"

namespace paxos::storage {

leveldb::Status ToLevelDb(const Status& status) {
  switch (status.code()) {
    case ErrorCode::kOk:
      return leveldb::Status::OK();
    case ErrorCode::kNotFound:
      return leveldb::Status::NotFound(status.message());
    case ErrorCode::kDamaged:
      return leveldb::Status::Corruption(status.message());
    default:
      return leveldb::Status::IOError(status.message());
  }
}

Status FromLevelDb(const leveldb::Status& status) {
  if (status.ok()) return Status::Ok();
  const bool is_damage = status.IsCorruption() || status.IsNotFound();
  return {is_damage ? ErrorCode::kDamaged : ErrorCode::kIo, status.ToString()};
}

leveldb::ReadOptions CarefulReads() {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  return options;
}

}  // namespace paxos::storage
