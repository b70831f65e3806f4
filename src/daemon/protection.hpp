// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a process of the daemon does for its own safety, before it serves anybody. Threads: the first.

namespace switchhook::daemon {

/// Signals that nobody means for a daemon do not end it (SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2, SIGALRM
/// and the like; those that stop it, and those of a crash, stay as they are). The process cannot be
/// dumped, nor looked into by others of its user: it knows passwords.
void protect_process();

/// Of a provider's process: besides, it gives up what the daemon may and it needs not. It cannot gain
/// rights, start programs, look into others, open files to write, or make, remove, rename or link any.
void confine_provider();

}  // namespace switchhook::daemon
