/* The peer of goal P1: net-snmp's asynchronous single-session API over epoll, GETBULK for all columns at once.
   usage: poller FIRST-ADDRESS DEVICES PORT INTERFACES SECONDS
   It prints one JSON object, as internal/bench wants it. */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

enum { COLUMNS = 10, ROWS = 6, WINDOW = 64 };

static const oid sysUpTime[] = {1, 3, 6, 1, 2, 1, 1, 3};
static const oid ifEntry[] = {1, 3, 6, 1, 2, 1, 2, 2, 1, 0};
static const oid ifXEntry[] = {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 0};
static const int numbers[COLUMNS] = {8, 13, 14, 19, 20, 6, 7, 10, 11, 19};

struct column { oid name[MAX_OID_LEN]; size_t root; };
static struct column columns[COLUMNS];

struct device {
	void *session;
	int fd, rows;
};

static struct device *devices;
static int count, started, done, failed;
static unsigned long long varbinds, sum;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static double cpu(void) {
	struct rusage u; getrusage(RUSAGE_SELF, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int callback(int op, netsnmp_session *s, int id, netsnmp_pdu *pdu, void *magic);

/* ask for the rows behind the one numbered rows; interfaces of the fleet are numbered from 1. */
static void ask(struct device *d) {
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
	int i;
	pdu->non_repeaters = d->rows == 0;
	pdu->max_repetitions = ROWS;
	if (d->rows == 0) snmp_add_null_var(pdu, sysUpTime, OID_LENGTH(sysUpTime));
	for (i = 0; i < COLUMNS; i++) {
		columns[i].name[columns[i].root] = d->rows;
		snmp_add_null_var(pdu, columns[i].name, columns[i].root + (d->rows > 0));
	}
	if (!snmp_sess_async_send(d->session, pdu, callback, d)) { snmp_free_pdu(pdu); failed++; done++; }
}

static void start(void) {
	struct device *d = &devices[started++];
	d->rows = 0;
	ask(d);
}

static void finish(int ok) {
	done++;
	if (!ok) failed++;
	if (started < count) start();
}

static int callback(int op, netsnmp_session *s, int id, netsnmp_pdu *pdu, void *magic) {
	struct device *d = magic;
	netsnmp_variable_list *v;
	int i = 0, rows = d->rows, over = 0;
	if (op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || pdu->errstat) { finish(0); return 1; }
	v = pdu->variables;
	if (rows == 0 && v) { sum += *v->val.integer; varbinds++; v = v->next_variable; }
	for (; v; v = v->next_variable) {
		struct column *c = &columns[i];
		if (v->name_length != c->root + 1 || memcmp(v->name, c->name, c->root * sizeof(oid)) != 0) { over = 1; break; }
		switch (v->type) {
		case ASN_COUNTER64: sum += ((unsigned long long)v->val.counter64->high << 32) + v->val.counter64->low; break;
		case ASN_INTEGER: case ASN_COUNTER: case ASN_GAUGE: case ASN_TIMETICKS: sum += *v->val.integer; break;
		default: finish(0); return 1;
		}
		varbinds++;
		if (++i == COLUMNS) { i = 0; d->rows++; }
	}
	varbinds -= i; /* of a row that was cut, asked for again */
	if (over || d->rows == rows) { finish(over); return 1; }
	ask(d);
	return 1;
}

static void cycle(int epoll) {
	struct epoll_event events[WINDOW];
	started = done = 0;
	while (started < count && started < WINDOW) start();
	while (done < count) {
		int i, n = epoll_wait(epoll, events, WINDOW, 100);
		for (i = 0; i < n; i++) {
			struct device *d = events[i].data.ptr;
			static netsnmp_large_fd_set set;
			static int made;
			if (!made) { netsnmp_large_fd_set_init(&set, 65536); NETSNMP_LARGE_FD_ZERO(&set); made = 1; }
			NETSNMP_LARGE_FD_SET(d->fd, &set);
			snmp_sess_read2(d->session, &set);
			NETSNMP_LARGE_FD_CLR(d->fd, &set);
		}
		if (n == 0) for (i = 0; i < count; i++) snmp_sess_timeout(devices[i].session);
	}
}

int main(int argc, char **argv) {
	struct in_addr first;
	int port, i, epoll = epoll_create1(0);
	double seconds, begin, used;
	if (argc != 6) return 2;
	inet_aton(argv[1], &first);
	count = atoi(argv[2]); port = atoi(argv[3]); seconds = atof(argv[5]);
	snmp_disable_log();
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
	init_snmp("bench");
	for (i = 0; i < COLUMNS; i++) {
		const oid *root = i < 5 ? ifEntry : ifXEntry;
		columns[i].root = i < 5 ? OID_LENGTH(ifEntry) : OID_LENGTH(ifXEntry);
		memcpy(columns[i].name, root, columns[i].root * sizeof(oid));
		columns[i].name[columns[i].root - 1] = numbers[i];
	}
	devices = calloc(count, sizeof *devices);
	for (i = 0; i < count; i++) {
		netsnmp_session s;
		struct in_addr a = {htonl(ntohl(first.s_addr) + i)};
		struct epoll_event e = {EPOLLIN, {&devices[i]}};
		char peer[64];
		snprintf(peer, sizeof peer, "udp:%s:%d", inet_ntoa(a), port);
		snmp_sess_init(&s);
		s.version = SNMP_VERSION_2c; s.peername = peer;
		s.community = (u_char *)"public"; s.community_len = 6;
		s.retries = 2; s.timeout = 2000000;
		if (!(devices[i].session = snmp_sess_open(&s))) return 1;
		devices[i].fd = snmp_sess_transport(devices[i].session)->sock;
		epoll_ctl(epoll, EPOLL_CTL_ADD, devices[i].fd, &e);
	}
	cycle(epoll);
	varbinds = failed = 0; begin = now(); used = cpu();
	do cycle(epoll); while (now() - begin < seconds);
	printf("{\"varbinds\":%llu,\"cpu\":%f,\"wall\":%f,\"failed\":%d,\"rss\":0}\n", varbinds, cpu() - used, now() - begin, failed);
	return sum == 0;
}
