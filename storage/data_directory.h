// A node's data directory:
//
//   DIR/            0700, locked while in use
//     identity      whose disk this is; written last, so it also says that the rest is complete
//     anchor        how far the log had come a second ago
//     db/           LevelDB: CURRENT, MANIFEST-*, *.log, *.ldb, LOCK, and LOG for people
//
// It is made in one place, InitDirectory, and never on the way: an empty log in place of a lost one
// is a disk that has forgotten its promises (N1).
#pragma once

#include <memory>
#include <string>

#include "paxos/result.h"
#include "paxos/types.h"
#include "storage/file_system.h"
#include "storage/identity.h"
#include "storage/leveldb_storage.h"
#include "storage/post.h"
#include "storage/storage_options.h"

namespace paxos::storage {

// Makes `directory` (its parent must exist) the disk of `identity`, with an empty log. A directory
// that is there must be empty; a "lost+found" does not count, so a file system's root will do.
// kConflict: it is not empty. kInvalidArgument: the identity makes no sense. kIo.
Status InitDirectory(const std::string& directory, const Identity& identity, GroupId group,
                     FileSystem& files = FileSystem::Posix());

// Opens it and checks all of it. Errors, with a message that names the directory:
//   kNotFound     no such directory, or an empty one: it was never initialised
//   kForeign      the disk of another node or cluster, or of another format version
//   kDamaged      something is missing or wrong, or the log ends before what the anchor remembers
//   kUnavailable  in use by another process
//   kIo           the system refused, or too little space is free
// `files` must outlive the storage; `post` as Post says.
Result<std::unique_ptr<LevelDbStorage>> OpenStorage(const std::string& directory, ClusterId cluster,
                                                    NodeId node, GroupId group,
                                                    const StorageOptions& options, Post post,
                                                    FileSystem& files = FileSystem::Posix());

// Who owns the directory, without opening it.
Result<Identity> ReadIdentity(const std::string& directory);

}  // namespace paxos::storage
