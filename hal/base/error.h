// SPDX-License-Identifier: Apache-2.0
// What went wrong, as a value. Libraries return codes and arguments; words for people are made
// from them by the messages at the edge (CLI, pages, LCD), never here.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {

// One code per situation that a person or a caller treats differently. Each has the message
// `error.<name>` and the hint `hint.<name>` in firmware/messages, and an exit code in firmware/app.
// Kept as one list so that name, enumerator and message key cannot drift apart.
#define HOLDFAST_ERROR_CODES(X)                                                                    \
  X(internal)              /* a case that should not exist: {what} */                              \
  X(invalid_argument)      /* usage: {what} */                                                     \
  X(io)                    /* the system refused an operation: {operation}, {reason} */            \
  X(no_space)              /* disk or quota full */                                                \
  X(read_only)             /* file system is mounted read-only */                                  \
  X(permission_denied)     /* the system refused access */                                         \
  X(not_found)             /* no such file in a tree of ours */                                    \
  X(already_exists)        /* a file of that name is there */                                      \
  X(not_a_directory)       /* a folder was expected */                                             \
  X(is_a_directory)        /* a file was expected */                                               \
  X(name_too_long)         /* the target file system cannot hold this name */                      \
  X(out_of_memory)         /* a memory budget was exceeded */                                      \
  X(interrupted)           /* Ctrl-C or a stop request; state kept */                              \
  X(locked)                /* another writer: {holder}, {since} */                                 \
  X(power_cut)             /* simulation only: the world stopped here */                           \
  X(bad_magic)             /* not one of our files, or its first bytes are damaged */              \
  X(unsupported_version)   /* written by a newer version: {version} */                             \
  X(unsupported_suite)     /* cipher suite not known here: {suite} */                              \
  X(truncated)             /* file or section shorter than it says */                              \
  X(damaged)               /* checksum, tag, digest or structure is wrong: {what} */               \
  X(bad_signature)         /* signed by somebody else or altered */                                \
  X(limit_exceeded)        /* a parse cap: {what}, {limit} */                                      \
  X(no_home)               /* `init` has not been run in this --home */                            \
  X(home_exists)           /* `init` was run here before */                                        \
  X(home_not_newest)       /* a disk has a newer keyring than home's: {copy} is its path */        \
  X(keyring_missing)       /* home has all but its keyring: {copy} is one on a disk */             \
  X(keyring_damaged)       /* home's keyring cannot be read: {copy} is one on a disk */            \
  X(wrong_passphrase)      /* no slot opens with it */                                             \
  X(no_key)                /* key file or slot missing */                                          \
  X(wrong_key)             /* sealed under another key */                                          \
  X(no_passphrase)         /* the file that should have it gives none: {what} */                   \
  X(share_word)            /* not in the list of words: {number}, {word}, {nearest} */             \
  X(share_checksum)        /* all words are known, and they do not check */                        \
  X(share_length)          /* {words} words instead of {expected} */                               \
  X(share_form)            /* no share that we can use: {what} */                                  \
  X(share_sets)            /* two of different sets: {first}, {second} */                          \
  X(share_twice)           /* the same share twice: {first}, {second} */                           \
  X(too_few_shares)        /* {present} of {needed} */                                             \
  X(shares_disagree)       /* of one set by their number, and they give no secret */               \
  X(wrong_shares)          /* good shares of another box, or of a slot removed: {set} */           \
  X(no_keyring)            /* none of the disks given has a keyring that can be read */            \
  X(keys_changed)          /* another process has made new keys since this one began */            \
  X(key_removed)           /* opens only a keyring older than that of other disks: {copy} */       \
  X(no_pool)               /* no pool has been created */                                          \
  X(bad_pool_file)         /* the list of disks in home: {line} */                                 \
  X(pool_exists)           /* this home has a pool already */                                      \
  X(pool_full)             /* too few disks have room; {away}: kept for the heal of so many */     \
  X(disk_not_empty)        /* pool directory holds something */                                    \
  X(disk_given_twice)      /* the same directory twice */                                          \
  X(disk_same_device)      /* two members on one device: {other} */                                \
  X(disk_inside_source)    /* pool directory and source overlap: {source} */                       \
  X(disk_foreign)          /* label of another pool or box */                                      \
  X(disk_is_member)        /* the directory is a disk of this pool already */                      \
  X(disk_too_small)        /* {room} bytes, and {needed} would have to go there */                 \
  X(loss_not_accepted)     /* {packs} cannot be read while {absent} disks are away */              \
  X(disk_needed)           /* packs have {shards} shards, and {left} disks would be left */        \
  X(no_disk)               /* no disk of the pool is called so, or it has left */                  \
  X(disk_missing)          /* a member is not there */                                             \
  X(disk_label_damaged)    /* no copy of the label can be read */                                  \
  X(too_few_disks)         /* {present} of {needed} */                                             \
  X(not_newest)            /* disks and home disagree about the newest state */                    \
  X(bad_geometry)          /* geometry not possible with these disks: {what} */                    \
  X(no_business)           /* no business of that name */                                          \
  X(business_exists)       /* name taken */                                                        \
  X(bad_business)          /* business definition: {line}, {what} */                               \
  X(bad_settings)          /* the appliance's own file: {line}, {what} */                          \
  X(no_definition)         /* neither home nor the journal has the business's definition */        \
  X(no_snapshot)           /* no such number, tag or time: {snapshot} */                           \
  X(no_item)               /* no such path in that snapshot */                                     \
  X(not_held)              /* a release of what no hold stands on */                               \
  X(source_missing)        /* the source's folder is not there */                                  \
  X(source_empty)          /* the source has nothing at all where there was something before */    \
  X(source_not_directory)  /* a source must be a folder */                                         \
  X(source_in_home)        /* the source is, or lies in, the home folder: {home} */                \
  X(source_vanished)       /* an item was gone before it could be read */                          \
  X(target_not_empty)      /* restore onto existing files without --overwrite: {path} */           \
  X(target_in_store)       /* restore into a pool disk or the home folder: {store} */              \
  X(target_escape)         /* a stored path would leave the target: {path} */                      \
  X(data_lost)             /* more shards are gone than the code bears: {pack} */                  \
  X(catalog_damaged)       /* the file is not what was written; it can be made anew */             \
  X(names_lost)            /* a tree node cannot be had back: {items} items from here on */        \
  X(item_gone)             /* the item is gone at the source, and such items were not asked for */ \
  X(item_pruned)           /* by entry {number}, {time}: it could go from {until} on */            \
  X(snapshot_pruned)       /* {snapshot}, by entry {number}, {time}: {reason} */                   \
  X(not_pruned)            /* {count} reasons stand against deleting */                            \
  X(no_content)            /* the item was never readable at the source: only its name is kept */  \
  X(no_sound)              /* not a recording that can be decoded here: {what} */                  \
  X(fork)                  /* two entries with one number */                                       \
  X(chain_broken)          /* an entry does not follow the one before it */                        \
  X(entries_lost)          /* of a journal, on every disk: {first} to {last} */                    \
  X(sql_client_missing)    /* no client library or driver for this database: {library} */          \
  X(sql_unreachable)       /* no connection to the database, or not in time: {reason} */           \
  X(sql_login)             /* login refused, or not encrypted as asked for: {reason} */            \
  X(sql_error)             /* the database refuses the query: {reason} */                          \
  X(sql_parameter)         /* the query has a parameter that nobody gives: {name} */               \
  X(sql_many)              /* the query is more than one statement */                              \
  X(sql_writes)            /* not a statement that only reads: {reason} */                         \
  X(sql_gone)              /* the connection broke after {rows} rows: {reason} */                  \
  X(sql_timeout)           /* the statement took longer than {seconds} */                          \
  X(sql_field_size)        /* {row}, {column}: larger than {limit} bytes */                        \
  X(sql_field_binary)      /* {row}, {column}: bytes in a column of text */                        \
  X(rows_no_header)        /* no row of this item can be taken: nothing but blank lines */         \
  X(rows_bad_header)       /* the same: its header would be rejected as a row: {line}, {fault} */  \
  X(rows_too_many_columns) /* the same: more columns than are allowed */                           \
  X(rows_unnamed_column)   /* the same: column number {column} has no name */                      \
  X(rows_duplicate_column) /* the same: two columns have the name {name} */                        \
  X(rows_no_converter)     /* the same: this system cannot read its charset */                     \
  X(rows_missing_columns)  /* the same: the mapping names columns that are not there: {names} */   \
  X(records_not_indexed)   /* the index of rows does not reflect the newest snapshot */            \
  X(medium_missing)        /* the removable medium is not there */                                 \
  X(medium_full)           /* the removable medium is full */                                      \
  X(denied)                /* held, or policy says no: {what} */                                   \
  X(window_closed)         /* the schedule lets no source be read before {opens} */                \
  X(verify_failed)         /* verification found differences */                                    \
  X(disk_not_offered)      /* no disk is mounted there that a pool can be made of */

enum class ErrorCode : int {
#define HOLDFAST_ENUMERATOR(name) name,
  HOLDFAST_ERROR_CODES(HOLDFAST_ENUMERATOR)
#undef HOLDFAST_ENUMERATOR
};

// The code's name as written above: the key of its message and the `code` of JSON errors.
[[nodiscard]] std::string_view name_of(ErrorCode code);

struct ErrorArgument {
  std::string key;
  std::string value;
  bool is_words = false;  // made of a message: what it names is escaped already
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::vector<ErrorArgument> arguments = {};
  std::string where = {};  // path, pack, disk or business: the thing that the code is about
  bool retryable = false;  // the same call may succeed later without a change
  bool data_loss = false;  // stored data cannot be had back from what is present

  // The process was stopped, or is at a limit of its own (open files, memory): this says nothing
  // about the thing at `where`, and another disk would not help.
  [[nodiscard]] bool is_of_process() const;
  // The value of an argument, empty if there is none.
  [[nodiscard]] std::string_view argument(std::string_view key) const;
};

// Builds an error in one expression: make_error(ErrorCode::io, path, {{"reason", text}}).
[[nodiscard]] Error make_error(ErrorCode code, std::string where = {},
                               std::vector<ErrorArgument> arguments = {});

// One line for test failures and traces; people get the messages instead.
[[nodiscard]] std::string debug_text(const Error& error);

}  // namespace holdfast
