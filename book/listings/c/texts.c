#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t signals;

static void count(int signal) {
    (void)signal;
    signals++;
}

static void show(const char *label, ssize_t result) {
    if (result < 0)
        printf("%s: -1, errno %d: %s%s\n", label, errno, strerror(errno), signals ? " (and SIGPIPE)" : "");
    else
        printf("%s: %zd\n", label, result);
    signals = 0;
    usleep(100000);
}

static int dial(int port) {
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "127.0.0.1", &peer.sin_addr);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&peer, sizeof peer) < 0) {
        show("nobody, connect", -1);
        return -1;
    }
    send(s, "x", 1, 0);
    usleep(100000);
    return s;
}

int main(void) {
    char byte;
    signal(SIGPIPE, count); /* else the EPIPE below would end the program */

    int s = dial(7001);
    show("reset, read", recv(s, &byte, 1, 0));
    show("reset, read again", recv(s, &byte, 1, 0));

    s = dial(7001);
    show("reset, write", send(s, "x", 1, 0));
    show("reset, write again", send(s, "x", 1, 0));
    show("reset, then read", recv(s, &byte, 1, 0));

    s = dial(7002);
    show("left, write", send(s, "x", 1, 0));
    show("left, write again", send(s, "x", 1, 0));
    show("left, then read", recv(s, &byte, 1, 0));

    s = dial(7004);
    struct timeval patience = {.tv_usec = 100000};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    show("silent, read", recv(s, &byte, 1, 0));

    dial(7003);
}
