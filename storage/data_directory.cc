#include "storage/data_directory.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "storage/anchor.h"
#include "storage/directory_lock.h"
#include "storage/leveldb_log.h"

namespace paxos::storage {
namespace {

namespace fs = std::filesystem;

std::string IdentityPath(const std::string& directory) { return directory + "/identity"; }
std::string AnchorPath(const std::string& directory) { return directory + "/anchor"; }
std::string DatabasePath(const std::string& directory) { return directory + "/db"; }

bool Exists(const std::string& path) {
  std::error_code ignored;  // what cannot be looked at is not there; using it will tell
  return fs::exists(path, ignored);
}

Result<bool> IsEmpty(const std::string& directory) {
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    if (at->path().filename() != "lost+found") return false;
  }
  if (error) return Status(ErrorCode::kIo, "list " + directory + ": " + error.message());
  return true;
}

// ---- making one ---------------------------------------------------------------------------------

Status Validate(const Identity& identity) {
  const bool is_complete = identity.cluster != ClusterId{} && identity.node != NodeId{};
  const bool is_one_line = identity.name.find('\n') == std::string::npos;
  if (is_complete && is_one_line && identity.name.size() <= 255) return Status::Ok();
  return {ErrorCode::kInvalidArgument, "no identity: " + ShortText(identity)};
}

Status PrepareEmptyDirectory(const std::string& directory, FileSystem& files) {
  if (!Exists(directory)) {
    if (Status s = files.CreateDirectory(directory); !s.ok()) return s;
    return files.SyncDirectory(DirectoryOf(directory));
  }
  const Result<bool> is_empty = IsEmpty(directory);
  if (!is_empty) return is_empty.error();
  if (!*is_empty) {
    return {ErrorCode::kConflict, "data directory " + directory +
                                      " is not empty; an initialised one is never made anew, a "
                                      "half-made one has no identity file and can be removed"};
  }
  if (::chmod(directory.c_str(), 0700) != 0) {
    return {ErrorCode::kIo, "set the mode of " + directory + " to 0700"};
  }
  return Status::Ok();
}

// Complete under another name first: the directory counts as initialised once the name is there.
Status WriteIdentity(const std::string& directory, const Identity& identity, FileSystem& files) {
  const std::string unfinished = IdentityPath(directory) + ".new";
  const Result<std::unique_ptr<File>> file = files.Create(unfinished);
  if (!file) return file.error();
  Status status = (*file)->WriteAt(0, ToFileText(identity));
  if (status.ok()) status = (*file)->Sync();
  if (status.ok()) status = files.Rename(unfinished, IdentityPath(directory));
  if (status.ok()) status = files.SyncDirectory(directory);
  return status;
}

}  // namespace

Status InitDirectory(const std::string& directory, const Identity& identity, GroupId group,
                     FileSystem& files) {
  if (Status s = Validate(identity); !s.ok()) return s;
  if (Status s = PrepareEmptyDirectory(directory, files); !s.ok()) return s;
  const auto lock = DirectoryLock::Take(directory);
  if (!lock) return lock.error();
  if (Status s = files.CreateDirectory(DatabasePath(directory)); !s.ok()) return s;
  DurableEnv env(files, FileGrowth{});
  if (Status s = LevelDbLog::Create(DatabasePath(directory), env, group); !s.ok()) return s;
  const Anchor start{.cluster = identity.cluster, .node = identity.node};
  if (Status s = AnchorFile::Create(files, AnchorPath(directory), start); !s.ok()) return s;
  return WriteIdentity(directory, identity, files);
}

// ---- opening one --------------------------------------------------------------------------------

namespace {

Status CheckOwner(const Identity& found, ClusterId cluster, NodeId node) {
  if (found.cluster == cluster && found.node == node) return Status::Ok();
  return {ErrorCode::kForeign, "it belongs to " + ShortText(found) + ", not to node " +
                                   ShortText(node) + " of cluster " + ShortText(cluster)};
}

// [N1] The log must have come at least as far as the anchor remembers.
Status CheckAnchor(const Anchor& anchor, const Identity& identity, const LevelDbLog& log) {
  const LogSummary& summary = log.summary();
  if (anchor.cluster != identity.cluster || anchor.node != identity.node) {
    return {ErrorCode::kDamaged, "the anchor is another's: of node " + ShortText(anchor.node) +
                                     " of cluster " + ShortText(anchor.cluster)};
  }
  if (summary.persisted < anchor.persisted) {
    return {ErrorCode::kDamaged, "lost acknowledged data: the log ends at batch " +
                                     ShortText(summary.persisted) + ", the anchor remembers " +
                                     ShortText(anchor.persisted)};
  }
  if (summary.promised < anchor.promised) {
    return {ErrorCode::kDamaged, "lost a promise: the log has " + ShortText(summary.promised) +
                                     ", the anchor remembers " + ShortText(anchor.promised)};
  }
  if (summary.persisted == anchor.persisted && log.seal() != anchor.meta &&
      anchor.persisted != PersistSeq{}) {
    return {ErrorCode::kDamaged, "batch " + ShortText(anchor.persisted) +
                                     " of the log is not the one the anchor remembers"};
  }
  return Status::Ok();
}

// What is gone from an initialised directory was lost.
Status LostIfNotFound(const Status& status) {
  return status.code() == ErrorCode::kNotFound ? Status(ErrorCode::kDamaged, status.message())
                                               : status;
}

Status ExplainMissingIdentity(const std::string& directory, const Status& status) {
  if (status.code() != ErrorCode::kNotFound) return status;
  if (!Exists(directory)) return {ErrorCode::kNotFound, "there is no such directory"};
  const Result<bool> is_empty = IsEmpty(directory);
  if (!is_empty) return is_empty.error();
  if (*is_empty) return {ErrorCode::kNotFound, "it is empty; `lockd init` initialises it"};
  return {ErrorCode::kDamaged, "it holds files, but no identity"};
}

Status OpenParts(ClusterId cluster, NodeId node, GroupId group, const StorageOptions& options,
                 LevelDbStorage::Parts* parts) {
  const std::string& directory = parts->directory;
  Result<Identity> identity = ReadIdentity(directory);
  if (!identity) return identity.error();
  parts->identity = *std::move(identity);
  if (Status s = CheckOwner(parts->identity, cluster, node); !s.ok()) return s;

  auto anchor = AnchorFile::Open(*parts->files, AnchorPath(directory));
  if (!anchor) return LostIfNotFound(anchor.error());
  parts->anchor = *std::move(anchor);

  // Asked first: even to find nothing, LevelDB would make directories and files.
  if (!Exists(DatabasePath(directory) + "/CURRENT")) {
    return {ErrorCode::kDamaged, "the database is gone: no db/CURRENT"};
  }
  parts->env = std::make_unique<DurableEnv>(*parts->files, FileGrowth{options.log_step_bytes});
  auto log = LevelDbLog::Open(DatabasePath(directory), *parts->env, group, options);
  if (!log) return log.error();
  parts->log = *std::move(log);
  return CheckAnchor(parts->anchor->newest(), parts->identity, *parts->log);
}

}  // namespace

Result<std::unique_ptr<LevelDbStorage>> OpenStorage(const std::string& directory, ClusterId cluster,
                                                    NodeId node, GroupId group,
                                                    const StorageOptions& options, Post post,
                                                    FileSystem& files) {
  LevelDbStorage::Parts parts;
  parts.directory = directory;
  parts.files = &files;
  auto lock = DirectoryLock::Take(directory);
  if (!lock && lock.error().code() == ErrorCode::kNotFound) {
    return Status(ErrorCode::kNotFound,
                  "data directory " + directory + " does not exist; `lockd init` makes it");
  }
  if (!lock) return lock.error();
  parts.lock = *std::move(lock);
  Status status = OpenParts(cluster, node, group, options, &parts);
  if (status.ok()) status = CheckFreeSpace(files, directory, options.free_bytes_min);
  if (!status.ok()) return status.Annotate("data directory " + directory);
  return std::make_unique<LevelDbStorage>(std::move(parts), options, std::move(post));
}

Result<Identity> ReadIdentity(const std::string& directory) {
  const Result<std::string> text = ReadFile(IdentityPath(directory));
  if (!text) return ExplainMissingIdentity(directory, text.error());
  Result<Identity> identity = ParseIdentity(*text);
  if (!identity) return identity.error().Annotate("identity");
  return identity;
}

}  // namespace paxos::storage
