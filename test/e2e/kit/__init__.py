# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""What the end-to-end tests are made of: the process under test, scripted peers, a strict reader of HTTP/1 messages."""
